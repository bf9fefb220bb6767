import ArgumentParser
import Exchange
import Graft
import Zoo

struct SelftestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Check that a model answers on this machine as it did where it was written.",
        discussion: """
            Every model file carries the logits of a picture of noise that all machines make alike. They are computed again
            here and compared; the command fails where they differ by more than 1e-4 of the largest one.
            GRAFT_ISA and GRAFT_THREADS choose the kernels and threads that are tested.

            EXAMPLES:
              graft selftest runs/food/model.npz
              GRAFT_ISA=baseline graft selftest runs/food/model.npz --json
            """)

    @Argument(help: "A model file.", completion: .file())
    var model: String

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        let test = try SelfTest(try PortableModel.open(model))
        if json {
            try JSONOutput.show(test.document.adding(["model": model]))
        } else {
            print(
                "\(model.shown): \(test.passed ? Terminal.styled("passed", .good) : Terminal.styled("failed", .bad)), "
                    + "\(test.logits) logits, instruction set \(test.isa), \(test.threads) threads")
            print(
                "greatest difference \(scientific(test.greatestDifference)), \(scientific(test.relativeDifference)) of the "
                    + "largest logit; allowed \(scientific(SelfTest.tolerance))")
        }
        guard test.passed else {
            throw GraftError(
                .probe, "the model does not answer here as it did where it was written", file: model,
                expected: "a difference of at most \(scientific(SelfTest.tolerance)) of the largest logit",
                found: scientific(test.relativeDifference),
                remedy: "get the file again; if that does not help, set GRAFT_ISA=baseline and report the processor")
        }
    }
}
