import Application
import Domain
import EventSourcing

/// The people of a story: they ask, change their minds, approve or not, and in the end see to what is left.
extension Stage {
    func livePeople() async {
        await withDiscardingTaskGroup { group in
            for number in 0..<1 + number(below: 2) { group.addTask { await self.people(of: "shop\(number)") } }
        }
    }

    func people(of name: String) async {
        let id = ID<Deployment>("akme-\(name)-production")
        let needs = Shop.needs(accessPoint: number(below: 2) == 0, bucket: number(below: 2) == 0)
        func release(_ workers: Int64) -> Release {
            let other = Shop.needs(accessPoint: number(below: 2) == 0, bucket: number(below: 2) == 0)
            return Shop.release(name, workers: workers, needs: number(below: 3) == 0 ? other : needs)
        }
        guard await pause(0...30) else { return }
        wish(id, .request(release(1), by: "ana"))
        for wish in 0..<number(below: 5) {
            // The last is just before the first release's deadline.
            let range = [0...5, 0...60, 0...300, 0...900, 1700...1800][number(below: 5)]
            guard await pause(range) else { return }
            decide(id)
            switch number(below: 8) {
            case 0, 1: ask(id, .cancel(reason: "changed my mind", by: "ana"))
            case 2: self.wish(id, .retry(by: "ana"))
            case 3: self.wish(id, .rollBack(to: 1, by: "ana"))
            case 4: end(id)
            case 5: self.wish(id, .request(release(Int64(wish)), by: "ana"))
            default: self.wish(id, .change(release(2 + Int64(wish)), by: "ana"))
            }
        }
    }

    /// Some releases need somebody else's approval.
    private func wish(_ id: ID<Deployment>, _ wish: Deployment.Command) {
        guard number(below: 5) == 0 else { return ask(id, wish) }
        let seconds = 10 + number(below: 600)
        ask(
            id,
            .seekApproval(
                wish,
                ApprovalTerms(
                    digest: "sha256:0", rule: "environment=production", expiresAt: time.now + .seconds(seconds),
                    validSeconds: seconds)))
        // Often at once; otherwise when they think of it, or never.
        if number(below: 2) == 0 { decide(id) }
    }

    /// With the data or without; some think again of the data, and again.
    private func end(_ id: ID<Deployment>) {
        let grace = 1 + number(below: 300)
        let terms = DataRemovalTerms(removesAt: time.now + .seconds(grace), graceSeconds: grace)
        switch number(below: 4) {
        case 0: ask(id, .decommission(reason: "not needed", by: "ana"))
        case 1: ask(id, .scheduleDataRemoval(terms, reason: "not needed either", by: "ada"))
        case 2: ask(id, .withdrawDataRemoval(reason: "they came back", by: "ana"))
        default: ask(id, .decommission(removing: terms, reason: "not needed", by: "ada"))
        }
    }

    private func decide(_ id: ID<Deployment>) {
        guard judge.states[id.rawValue]?.awaiting != nil else { return }
        switch number(below: 4) {
        case 0: break
        case 1: ask(id, .reject(reason: "not now", by: "bea"))
        default: ask(id, .approve(digest: "sha256:0", reason: "as planned", by: "bea", at: time.now))
        }
    }

    /// What a command does that comes in by another replica's API: decided and appended in one go, or refused.
    func ask(_ id: ID<Deployment>, _ command: Deployment.Command) {
        let state = judge.states[id.rawValue] ?? Deployment.initialState
        let events: [DeploymentEvent]
        do throws(Deployment.Rejection) {
            events = try Deployment.decide(command, in: state)
        } catch {
            return judge.note("\(id) refused: \(error)")
        }
        if number(below: 8) == 0, case .requested(let fact)? = events.last, fact.cause != .rollback {
            // A release that never becomes healthy: told by its number, which is in its files.
            world.breaks(id.rawValue, release: fact.number)
        }
        append(events.map(\.stored), to: .deployment(id), expected: log.events(of: .deployment(id)).count)
    }

    private func append(_ forms: [StoredForm], to stream: StreamName, expected: Int) {
        let events = forms.map { form in
            NewEvent(id: EventID("00000000-0000-7000-8000-\(random.next() % 0xFFFF_FFFF)"), form: form)
        }
        do throws(EventStoreError) {
            _ = try log.append(
                Append(
                    [StreamAppend(stream, expected: .exactly(expected), events: events)],
                    metadata: EventMetadata(actor: "ana", correlationID: "c", source: "api")))
        } catch {
            judge.complain("people cannot append: \(error)")
        }
    }

    func submitTemplates() {
        append(Shop.templates.map { TemplateEvent.submitted($0).stored }, to: .template("shop"), expected: 0)
    }

    /// Once nothing fails any more: what could not be taken back is asked for again until it is, and all must come to an end.
    func mend() async {
        repeat { guard await pause(60...60) else { return } } while time.now < faultsEnd
        world.emptyBuckets()
        for _ in 0..<120 {
            for (id, state) in judge.states.sorted(by: { $0.key < $1.key }) {
                switch state.phase {
                case .compensationIncomplete, .decommissionIncomplete: ask(ID(id), .retry(by: "ana"))
                default: break
                }
                world.emptyBuckets()
            }
            if log.nextDue == nil, log.checkpoint == log.head { break }
            guard await pause(60...60) else { return }
        }
        judge.checkEnd()
    }
}
