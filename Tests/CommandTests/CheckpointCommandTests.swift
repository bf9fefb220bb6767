import Foundation
import TestSupport
import Testing

/// Checkpoints of other trainers on the command line.
@Suite struct CheckpointCommandTests {
    let graft: GraftProgram

    init() throws { graft = try GraftProgram() }

    private func fixture(_ name: String) -> String { Fixtures.path("checkpoints/trainers/" + name) }

    @Test func inspectListsSetsAndWhatIsNeverBuilt() throws {
        let sets = try graft.run("inspect", fixture("timm.pth"), "--json").json()
        #expect(sets["set"] as? String == "state_dict")
        let names = (sets["sets"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["state_dict", "state_dict_ema"])
        let average = try graft.run("inspect", fixture("timm.pth"), "--weights", "ema", "--json").json()
        #expect(average["set"] as? String == "state_dict_ema")

        let opaque = try graft.run("inspect", fixture("opaque.pth"))
        #expect(opaque.status == 0)
        #expect(opaque.output.contains("never built    args: argparse.Namespace\n"))
        #expect(opaque.output.contains("never built    best: numpy._core.multiarray.scalar\n"))

        let refused = try graft.run("inspect", fixture("quantized.pth"))
        #expect(refused.output.contains("not read       quantized: a quantised tensor\n"))
    }

    @Test func convertTakesTheSetThatIsNamed() throws {
        let written = try graft.run("convert", fixture("timm.pth"), "average.npz", "--weights", "ema")
        #expect(written.status == 0)
        #expect(written.output == "average.npz: 9 tensors, 74 values\n")
        #expect(
            written.error == "note: the tensors are those under 'state_dict_ema'\n"
                + "note: other weights in the file: 'state_dict'; --weights NAME chooses, or weights.set of a configuration\n"
        )
        let wrong = try graft.run("convert", fixture("timm.pth"), "x.npz", "--weights", "state_dict_emma")
        #expect(wrong.status == 1)
        #expect(
            wrong.error
                == "error: \(fixture("timm.pth")): the file has no weights 'state_dict_emma': expected one of: state_dict, "
                + "state_dict_ema; did you mean 'state_dict_ema'?\n")
    }

    /// A name that would move the cursor, in a set's name and in an object's.
    @Test func namesAreShownOnOneLine() throws {
        let shown = try graft.run("inspect", fixture("escape.pth"))
        #expect(shown.status == 0)
        #expect(!shown.output.contains("\u{1B}"))
        #expect(shown.output.contains("a\\x1B[2Jb"))
    }
}
