import Insight
import Report
import Testing

struct InsightPageTests {
    private static let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"

    private static func report(_ findings: [Finding]) -> DoctorReport {
        DoctorReport(classes: [], pictures: 14, outOfFold: nil, findings: findings)
    }

    private static func suspect(_ path: String, _ label: String, to suggested: String) -> Finding {
        Finding(
            kind: .labelSuspect,
            entries: [
                .init(
                    path: path, label: label, value: -0.5, suggested: suggested, nearestOfClass: "near.jpg",
                    nearestOfSuggested: "far.jpg")
            ], measure: "lead", threshold: 0, message: "most likely of another class", advice: "look")
    }

    @Test func `names stay names on the doctor's page, and its script is the page's own`() throws {
        let hostile = Self.hostile
        let html = DoctorPage(Self.report([Self.suspect(hostile, hostile, to: hostile)]), folder: hostile).html
        #expect(html.matches(of: try Regex("<script")).count == 1)
        #expect(html.contains("<script>\n(()=>{const rows=new Map("))
        #expect(html.contains("script-src 'unsafe-inline'"))
        #expect(!html.contains("<img src=x") && !html.contains("://"))
        #expect(html.contains("data-path=\"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x"))
    }

    @Test func `a suspect stands beside pictures of both classes, and every picture of the plan is in the page`() throws
    {
        let findings = [
            Self.suspect("a/1.jpg", "a", to: "b"),
            Finding(
                kind: .equal, entries: (0..<70).map { .init(path: "a/copy\($0).jpg", label: "a", other: "a/0.jpg") },
                measure: "", threshold: nil, message: "the same file more than once", advice: "keep one"),
        ]
        let html = DoctorPage(Self.report(findings), folder: "data").html
        #expect(html.contains("<bdi>a</bdi>, most like it") && html.contains("<bdi>b</bdi>, most like it"))
        #expect(html.matches(of: try Regex("<li data-path=")).count == 71)
        #expect(html.contains("<li data-path=\"a/1.jpg\" data-action=\"keep\" data-class=\"a\" data-to=\"b\""))
        #expect(html.matches(of: try Regex("data-action=\"drop\"")).count == 70)
        #expect(html.contains("And 10 more, in the plan."))
    }

    @Test func `a clean page runs nothing`() {
        let html = DoctorPage(Self.report([]), folder: "data").html
        #expect(html.contains("Nothing found") && !html.contains("<script"))
    }
}
