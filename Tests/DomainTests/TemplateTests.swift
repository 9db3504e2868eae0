import Domain
import EventSourcing
import TestSupport
import Testing

private func submission(_ version: String = "1.0.0", digest: String = "d1", by person: Actor = "ana")
    -> TemplateSubmitted
{
    TemplateSubmitted(
        version: version, title: "Odoo", description: "An ERP", files: ["template.yaml": "name: odoo\n"],
        digest: digest,
        submittedBy: person)
}

private let submitted = TemplateEvent.submitted(submission())
private let approved = TemplateEvent.approved(.init(version: "1.0.0", approvedBy: "bo"))
private let rejected = TemplateEvent.rejected(.init(version: "1.0.0", rejectedBy: "bo", reason: "no limits"))
private let deprecated = TemplateEvent.deprecated(.init(version: "1.0.0", reason: "old"))

@Suite struct `Submitting a template version` {
    @Test func `is a fact`() {
        given(Template.self).when(.submit(submission())).then(submitted)
    }

    @Test func `is a fact for each version`() {
        given(Template.self, submitted, approved).when(.submit(submission("1.1.0", digest: "d2")))
            .then(.submitted(submission("1.1.0", digest: "d2")))
    }

    @Test(arguments: [[submitted], [submitted, approved], [submitted, rejected], [submitted, approved, deprecated]])
    func `again with the same files changes nothing`(_ history: [TemplateEvent]) {
        given(Template.self, history).when(.submit(submission(by: "cy"))).thenNothing()
    }

    @Test func `again with other files is refused, because a version never changes`() {
        given(Template.self, submitted).when(.submit(submission(digest: "d2"))).thenRejected(.versionExists("1.0.0"))
    }
}

@Suite struct `Approving a template version` {
    @Test func `is for somebody else than who submitted it`() {
        given(Template.self, submitted).when(.approve(version: "1.0.0", by: "bo")).then(approved)
    }

    @Test func `is refused to who submitted it`() {
        given(Template.self, submitted).when(.approve(version: "1.0.0", by: "ana")).thenRejected(.approverIsSubmitter)
    }

    @Test func `twice changes nothing, whoever was faster`() {
        given(Template.self, submitted, approved).when(.approve(version: "1.0.0", by: "cy")).thenNothing()
    }

    @Test func `concerns that version only`() {
        given(Template.self, submitted, .submitted(submission("1.1.0", digest: "d2")), approved)
            .when(.approve(version: "1.1.0", by: "bo")).then(.approved(.init(version: "1.1.0", approvedBy: "bo")))
    }

    @Test func `is refused where it was not submitted`() {
        given(Template.self, submitted).when(.approve(version: "2.0.0", by: "bo"))
            .thenRejected(.unknownVersion("2.0.0"))
    }

    @Test func `is refused when somebody rejected it first`() {
        given(Template.self, submitted, rejected).when(.approve(version: "1.0.0", by: "cy"))
            .thenRejected(.isRejected("1.0.0"))
    }

    @Test func `is refused once it is deprecated`() {
        given(Template.self, submitted, approved, deprecated).when(.approve(version: "1.0.0", by: "cy"))
            .thenRejected(.isDeprecated("1.0.0"))
    }
}

@Suite struct `Rejecting a template version` {
    private let reject = Template.Command.reject(version: "1.0.0", by: "bo", reason: "no limits")

    @Test func `is a fact`() {
        given(Template.self, submitted).when(reject).then(rejected)
    }

    @Test func `is open to who submitted it, as a withdrawal`() {
        given(Template.self, submitted).when(.reject(version: "1.0.0", by: "ana", reason: "a mistake"))
            .then(.rejected(.init(version: "1.0.0", rejectedBy: "ana", reason: "a mistake")))
    }

    @Test func `twice changes nothing`() {
        given(Template.self, submitted, rejected).when(reject).thenNothing()
    }

    @Test func `is refused where it was not submitted`() {
        given(Template.self).when(reject).thenRejected(.unknownVersion("1.0.0"))
    }

    @Test func `is refused when somebody approved it first`() {
        given(Template.self, submitted, approved).when(reject).thenRejected(.isApproved("1.0.0"))
    }

    @Test func `is refused once it is deprecated`() {
        given(Template.self, submitted, approved, deprecated).when(reject).thenRejected(.isDeprecated("1.0.0"))
    }
}

@Suite struct `Deprecating a template version` {
    private let deprecate = Template.Command.deprecate(version: "1.0.0", reason: "old")

    @Test func `is a fact`() {
        given(Template.self, submitted, approved).when(deprecate).then(deprecated)
    }

    @Test func `twice changes nothing`() {
        given(Template.self, submitted, approved, deprecated).when(deprecate).thenNothing()
    }

    @Test(arguments: [[submitted], [submitted, rejected]])
    func `is refused unless it is approved`(_ history: [TemplateEvent]) {
        given(Template.self, history).when(deprecate).thenRejected(.isNotApproved("1.0.0"))
    }

    @Test func `is refused where it was not submitted`() {
        given(Template.self).when(deprecate).thenRejected(.unknownVersion("1.0.0"))
    }
}
