import ArgumentParser
import EventSourcing
import Glibc

/// The one program: the server, its sandbox, and the tools of those who run it.
@main
struct DeployCenter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploycenter",
        abstract: "Deploys customer applications from approved templates, and proves what happened.",
        subcommands: [
            ServeCommand.self, SandboxCommand.self, MigrateCommand.self, ProjectionsCommand.self,
            SubscriptionsCommand.self, EffectsCommand.self, StuckCommand.self, QueryCommand.self, ExplainCommand.self,
            EventsCommand.self,
            StoreCommand.self,
            AuditCommand.self, KeysCommand.self, ForgetCommand.self, OrphansCommand.self, TemplatesCommand.self,
            BenchCommand.self, CrashesCommand.self, FaultsCommand.self,
            SimulateCommand.self, CheckConfigCommand.self,
        ])
}

/// The wall clock, read here and passed on from here.
enum WallClock {
    @Sendable static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
