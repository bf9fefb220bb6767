import ArgumentParser
import Cluster
import Graft
import Runs
import Serving
import Zoo

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a new head, or more of the network, on a folder of pictures.",
        discussion: """
            Pictures are in FOLDER/CLASS/ (\(PictureFormats.names)). The output directory
            gets model.npz (all that predict needs), metrics.jsonl, curves.svg, report.html and config.yaml.
            Docs/Configuration.md explains every key, --keys lists them.

            After every epoch checkpoint.npz in the output directory says where the run is. A run that was stopped goes on
            from there with --resume and ends as if it had not been: the same bits. With --set it goes on differently.
            Ctrl-C stops after the step under way, twice at once.

            Started by mpirun or srun, the processes share the work and leave the same files as one alone: Docs/Cluster.md.

            EXAMPLES:
              graft train food.yaml --output runs/food
              graft train food.yaml --set head.dropout=0.5 --set train.epochs=20
              graft train food.yaml --set train.recipe=finetune
              graft train --resume runs/food
              graft train food.yaml --watch
              mpirun -n 4 graft train food.yaml --output runs/food
              graft train --keys train.early_stopping
            """)

    @Argument(
        help: ArgumentHelp("The configuration, a YAML file; none with --resume.", valueName: "configuration"),
        completion: .file())
    var configuration: String?

    @Option(help: ArgumentHelp("Go on with the run that was stopped in this output directory.", valueName: "dir"))
    var resume: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a key of the configuration. May be given several times.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(help: "The directory for the results. Default: the configuration's, else runs/latest.")
    var output: String?

    @Flag(help: "Stop at a picture that cannot be read, in place of leaving it out.")
    var strict = false

    @Flag(help: "Accept a test folder that is, holds, or is inside the training folder.")
    var allowLeak = false

    @Flag(help: "Accept weights that do not fit the whole backbone; what is missing starts from random numbers.")
    var partial = false

    @Flag(help: "Show the curves and the worst mistakes of each epoch on a page, while training lasts.")
    var watch = false

    @Option(help: ArgumentHelp("With --watch: the page's port. Default: 8000, or any that is free.", valueName: "n"))
    var watchPort: Int?

    @Option(
        help: ArgumentHelp(
            "Under mpirun or srun: end all processes when one has heard nothing of another for so long. Default: 1800.",
            valueName: "seconds"))
    var timeout: Double?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    @Flag(help: "List the keys of a configuration, with their defaults and meanings, and do nothing.")
    var keys = false

    func validate() throws {
        guard !keys else { return }
        guard watchPort == nil || watch else { throw ValidationError("--watch-port needs --watch.") }
        guard watchPort.map({ (0...65535).contains($0) }) ?? true else {
            throw ValidationError("--watch-port must be from 0 to 65535.")
        }
        guard timeout.map({ $0 > 0 && $0 < 1e9 }) ?? true else { throw ValidationError("--timeout must be above 0.") }
        guard (configuration == nil) != (resume == nil) else {
            throw ValidationError("Give a configuration, or --resume with an output directory.")
        }
        guard resume == nil || output == nil && !strict && !partial && !allowLeak else {
            throw ValidationError(
                "--resume takes the output directory and everything else from the run; --set changes what may change, as in --set train.epochs=20."
            )
        }
    }

    func run() async throws {
        guard !keys else { return try KeyList.show(under: configuration, json: json) }
        guard let company = try Company(patience: timeout ?? 1800) else { return try await train(nil) }
        do {
            try await train(company)
        } catch {
            company.end(because: error)
        }
        company.leave()
    }

    private func train(_ company: Company?) async throws {
        let speaks = company?.speaks ?? true
        var file = try source()
        for assignment in overrides { try file.set(assignment) }
        if let output { file.set("output", toPath: output, as: "--output") }
        if strict { try file.set("strict=true", as: "--strict") }
        if allowLeak { try file.set("allow_leak=true", as: "--allow-leak") }
        if partial { try file.set("partial=true", as: "--partial") }
        var settings = try file.training()
        if let resume { settings.output = resume }
        let start: TrainingRun.Start = resume == nil ? .new : overrides.isEmpty ? .resuming : .resumingWithChanges
        let display = TrainingDisplay(json: json)
        let server = try watch && speaks ? WatchServer(port: watchPort) : nil
        if resume != nil, let stopped = try? StoppedRun(output: settings.output) {
            server?.watch.begin(after: stopped.history)
        }
        if let server { Terminal.complain("watch it at http://127.0.0.1:\(server.port)/", .good) }
        let run = TrainingRun(
            settings, registry: try Registry.builtIn(), start: start, threads: company?.threads, ranks: company?.ranks)
        let task = Task { () throws(GraftError) in
            try await run.run { event in
                display.show(event)
                server?.watch.show(event)
            }
        }
        let interruption = Interruption {
            guard speaks else { return Company.waitForEnd() }
            Terminal.complain("stopping after this step (once more: at once)")
            task.cancel()
        }
        defer { interruption.end() }
        let outcome = await task.result
        display.finish()
        switch outcome {
        case .success(let result):
            let count = result.test.map { "\($0) on test pictures" } ?? "\(result.train) on training pictures"
            server?.end("Trained: \(count). The report is in \(result.report.shown).", isGood: true)
        case .failure(let error):
            server?.end("Training has ended: \(error)", isGood: false)
        }
        if case .failure(let error) = outcome, let status = interruption.status,
            (error as? GraftError)?.isCaused(by: .cancelled) == true
        {
            Terminal.complain(Self.farewell(settings.output))
            throw ExitCode(status)
        }
        if case .failure(let error as GraftError) = outcome { throw file.placing(error) }
        let result = try outcome.get()
        guard speaks else { return }
        if json { return try JSONOutput.show(result.document) }
        display.summarise(result)
    }

    /// What is there to go on from.
    private static func farewell(_ output: String) -> String {
        guard let stopped = try? StoppedRun(output: output) else { return "stopped before training began" }
        let epochs = stopped.epochs == 1 ? "1 epoch" : "\(stopped.epochs) epochs"
        return "stopped after \(epochs); go on with: graft train --resume \(output.shown)"
    }

    private func source() throws -> ConfigurationFile {
        guard let resume else { return try ConfigurationFile(path: configuration ?? "") }
        return try ConfigurationFile(
            text: try StoppedRun(output: resume).configuration, path: "\(resume)/checkpoint.npz")
    }
}
