import ArgumentParser
import Engine
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    // `stdout` is a variable there.
    @preconcurrency import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The command `graft`: one file a subcommand in `Commands/`.
struct GraftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graft",
        abstract: "Transfer learning on pictures: take a pretrained backbone, train a new head on your folders.",
        discussion: """
            EXAMPLES:
              graft predict efficientnet_lite0 photo.jpg    what is on this picture?
              graft train food.yaml --output runs/food      train on train/pizza/*.jpg, train/steak/*.jpg …
              graft predict runs/food/model.npz holiday/    use what was trained
            """,
        version: "graft \(Version.current)",
        subcommands: [
            ModelsCommand.self, SummaryCommand.self, FetchCommand.self, ConvertCommand.self, InspectCommand.self,
            TrainCommand.self, LRFindCommand.self, EvaluateCommand.self, PredictCommand.self, EmbedCommand.self,
            DoctorCommand.self, ExplainCommand.self, CalibrateCommand.self, CurveCommand.self, CompareCommand.self,
            PickCommand.self, MergeCommand.self,
            AugmentCommand.self, BenchCommand.self, ServeCommand.self,
            RetargetCommand.self, ClassesCommand.self, QuantizeCommand.self,
            ExportCommand.self, ImportCommand.self, SelftestCommand.self, ManualCommand.self,
        ])
}

/// Runs the command and turns errors into one line and an exit code: 1 for what went wrong, 64 for wrong usage.
@main
enum Main {
    static func main() async {
        // A reader that goes away (`graft models | head`) ends the command quietly.
        signal(SIGPIPE, SIG_DFL)
        // A file that grows over a limit fails like a full disk, with an error, in place of ending the program.
        signal(SIGXFSZ, SIG_IGN)
        FreedMemory.keep()
        // A log shows what happens while it happens.
        setvbuf(stdout, nil, _IOLBF, 0)
        do {
            try checkCommandName()
            var command = try GraftCommand.parseAsRoot(Arguments.all)
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            if fflush(stdout) != 0 || ferror(stdout) != 0 {
                Terminal.complain("error: standard output cannot be written: is the disk full?")
                exit(1)
            }
        } catch let error as GraftError {
            Terminal.complain("error: \(error)")
            exit(1)
        } catch {
            if GraftCommand.exitCode(for: error) == .validationFailure {
                if Company.mayComplain {
                    Terminal.complain("error: \(UsageError.line(GraftCommand.message(for: error)))")
                } else {
                    Company.letTheFirstSpeak()
                }
                exit(64)
            }
            GraftCommand.exit(withError: error)
        }
    }

    /// A mistyped command gets the nearest one; ArgumentParser would only show the usage.
    private static func checkCommandName() throws {
        guard let name = Arguments.all.first, !name.hasPrefix("-") else { return }
        let known = GraftCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard !known.contains(name) else { return }
        Terminal.complain("error: \(GraftError.unknown("command", name, among: known))")
        exit(64)
    }
}
