import Domain
import EventSourcing

extension Commands {
    func refusal(_ id: ID<Deployment>, _ rejection: Deployment.Rejection) -> Refusal {
        switch rejection {
        case .unknown:
            Refusal(
                .notFound, "deployment.unknown", "There is no deployment \(id).",
                whatToDo: "Check the id in the list of deployments.")
        case .alreadyExists:
            Refusal(
                .conflict, "deployment.exists", "There is a deployment \(id) already.",
                whatToDo: "Choose another name, or request another release of the existing one.")
        case .releaseInProgress(let number):
            Refusal(
                .conflict, "deployment.in_progress", "Release \(number) of \(id) is under way.",
                whatToDo: "Wait until it has ended, cancel it, or supersede it if it has not begun.")
        case .alreadyBegun(let number):
            Refusal(
                .conflict, "deployment.already_begun", "Release \(number) of \(id) has begun: it cannot be superseded.",
                whatToDo: "Wait until it has ended, or cancel it.")
        case .releaseHeld(let number):
            Refusal(
                .conflict, "deployment.held", "Release \(number) of \(id) has failed and keeps what it made.",
                whatToDo: "Retry it to go on where it failed, or cancel it.")
        case .compensationIncomplete(let steps):
            Refusal(
                .conflict, "deployment.compensation_incomplete",
                "Of an earlier release of \(id) this remains: \(steps.map(\.rawValue).joined(separator: ", ")).",
                whatToDo: "Retry, so that it is taken back first.")
        case .nothingToRetry:
            Refusal(
                .conflict, "deployment.nothing_to_retry", "Nothing of \(id) has failed.",
                whatToDo: "Look at its state: only a failed or cancelled release can be retried.")
        case .nothingToCancel:
            Refusal(
                .conflict, "deployment.nothing_to_cancel", "No release of \(id) is being provisioned.",
                whatToDo: "Look at its state: a live one can be rolled back or decommissioned.")
        case .notLive:
            Refusal(
                .conflict, "deployment.not_live", "\(id) is not live.",
                whatToDo: "Only a live deployment can be rolled back; retry a failed one.")
        case .notARelease(let number):
            Refusal(
                .unusable, "deployment.not_a_release", "Release \(number) of \(id) never went live.",
                whatToDo: "Choose an earlier release that did.")
        case .fixed(let field):
            Refusal(
                .conflict, "deployment.fixed", "The \(field) of \(id) cannot change.",
                whatToDo: "Create a new deployment there, move the data and decommission this one.")
        case .dataKeptElsewhere:
            Refusal(
                .conflict, "deployment.data_kept_elsewhere", "\(id) keeps data on the cluster that it ran on.",
                whatToDo: "Request it there, or have an administrator remove that data first.")
        case .decommissioned:
            Refusal(
                .conflict, "deployment.decommissioned", "\(id) is decommissioned.",
                whatToDo: "Request it anew.")
        case .notDecommissioned:
            Refusal(
                .conflict, "deployment.not_decommissioned", "\(id) is not decommissioned, so its data is in use.",
                whatToDo: "Decommission it first.")
        case .noDataKept:
            Refusal(
                .conflict, "deployment.no_data", "\(id) left no data.", whatToDo: "Nothing: there is nothing to remove."
            )
        case .dataRemovalScheduled(let time):
            Refusal(
                .conflict, "deployment.data_removal_scheduled", "The data of \(id) is to be removed at \(time).",
                whatToDo: "Withdraw that to use the data again, or wait until it is gone.")
        case .dataRemovalBegun:
            Refusal(
                .conflict, "deployment.data_removal_begun", "The removal of the data of \(id) has begun.",
                whatToDo: "Nothing brings back what is gone: look at what remains, and at your backups.")
        case .nothingToWithdraw:
            Refusal(
                .conflict, "deployment.nothing_to_withdraw", "No data of \(id) is to be removed.",
                whatToDo: "Nothing: look at its state.")
        case .awaitingApproval(let number):
            Refusal(
                .conflict, "deployment.awaiting_approval", "Release \(number) of \(id) waits for approval.",
                whatToDo: "Wait until somebody has decided, or withdraw it by cancelling.")
        case .nothingToApprove:
            Refusal(
                .conflict, "deployment.nothing_to_approve", "No release of \(id) waits for approval.",
                whatToDo: "Look at its state: it was decided about, withdrawn, or has expired.")
        case .approverIsRequester:
            Refusal(
                .forbidden, "deployment.approver_is_requester", "You asked for this release yourself.",
                whatToDo: "Ask somebody else to decide; you can withdraw it by cancelling.")
        case .otherPlan(let digest):
            Refusal(
                .conflict, "deployment.other_plan", "The approval is asked for the plan \(digest).",
                whatToDo: "Look at that plan, and approve it if it is what you want.")
        case .approvalExpired:
            Refusal(
                .conflict, "deployment.approval_expired", "The time for approving this release of \(id) is over.",
                whatToDo: "Have it requested once more.")
        case .notApproved:
            Refusal(
                .conflict, "deployment.not_approved", "The only release of \(id) was not approved.",
                whatToDo: "Request the deployment anew.")
        case .notAdoptable(let kind, let present?):
            Refusal(
                .conflict, "deployment.not_adoptable", "\(id) has \(present) as its \(kind.rawValue).",
                whatToDo: "Move what is of worth in the other one there, and remove the other one.")
        case .notAdoptable(let kind, nil):
            Refusal(
                .unusable, "deployment.not_adoptable", "\(id) would not use this \(kind.rawValue).",
                whatToDo: "Remove it: what a deployment needs, its next release makes.")
        case .resultCannotBeSaid(let step):
            Refusal(
                .conflict, "effect.not_skippable",
                "The step \(step.rawValue) of \(id) makes what only the system outside can name, so nobody can say that it is done.",
                whatToDo: "Retry it, or cancel it: then what was made is taken back.")
        case .stepNotWanted(let step):
            Refusal(
                .conflict, "deployment.step_not_wanted", "The step \(step.rawValue) of \(id) is not wanted now.",
                whatToDo: "Nothing: another worker has done it, or its release has ended.")
        }
    }
}
