import Data
import Engine
import Learning
import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a run stands after an epoch: `checkpoint.npz` in its output directory, from which `graft train --resume` goes on
/// as if the run had never stopped. Nothing random is in it: random numbers follow from seed, epoch and picture.
///
/// An archive of arrays like a model, so that its hashes are checked. The phase's weights have their own names, other
/// tensors a word before a slash: `carried/`, `best/`, `average/`, and
/// `optimizer/NAME/` for each of the update rule's buffers. Older ones have `first/` and `second/` in its place.
struct Checkpoint: Sendable {
    static let fileName = "checkpoint.npz"

    /// What a run must have in common with the one that wrote the checkpoint.
    struct Identity: Sendable, Hashable, Codable {
        /// The pictures, their classes and their order.
        var pictures: String
        /// The backbone's weights before training.
        var weights: String
        /// How frozen layers compute; nil for float32.
        var precision: String?

        private enum CodingKeys: String, CodingKey {
            case pictures = "pictures"
            case weights = "weights"
            case precision = "precision"
        }
    }

    /// What is no tensor.
    struct State: Sendable, Hashable, Codable {
        var identity: Identity
        /// Version and kernels: others round differently.
        var maker: String
        var progress: TrainingCourse.Progress
        var steps: Int

        private enum CodingKeys: String, CodingKey {
            case identity = "identity"
            case maker = "maker"
            case progress = "progress"
            case steps = "steps"
        }
    }

    let state: State
    /// The configuration as the user wrote it.
    let configuration: String
    private let tensors: StateDict
    private let file: String

    /// Kernels of 8 bits give the same bits on every processor; those of bfloat16 count where something is computed by them.
    private static func maker(_ identity: Identity) -> String {
        let set = try? KernelSet.chosen(), name = set?.name ?? "unknown"
        let pairs = identity.precision == Precision.bfloat16.name ? set.map { " and bf16 \($0.pairs.name)" } ?? "" : ""
        return "Graft \(Version.current), \(name)\(pairs) kernels"
    }

    // MARK: writing

    /// - Throws: `GraftError.file`
    static func write(
        _ trainer: PhaseTrainer, _ course: TrainingCourse, identity: Identity, metadata: ModelMetadata, to path: String
    ) throws(GraftError) {
        let snapshot = trainer.snapshot
        var tensors = trainer.plan.named(snapshot.values)
        func add(_ prefix: String, _ state: StateDict) {
            for name in state.names { tensors["\(prefix)/\(name)"] = state[name] }
        }
        func add(_ prefix: String, _ values: [[Float]]) {
            for (parameter, values) in zip(trainer.plan.parameters, values) where !values.isEmpty {
                var tensor = Tensor(shape: parameter.shape)
                tensor.withElements { $0 = values }
                tensors["\(prefix)/\(parameter.name)"] = tensor
            }
        }
        for name in snapshot.optimizer.buffers.keys.sorted() {
            add("optimizer/\(name)", snapshot.optimizer.buffers[name] ?? [])
        }
        add("average", snapshot.average)
        add("carried", course.carried)
        if let best = course.best { add("best", best) }
        let state = State(
            identity: identity, maker: maker(identity), progress: course.progress, steps: snapshot.optimizer.steps)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var metadata = metadata
        do {
            metadata.checkpoint = String(decoding: try encoder.encode(state), as: UTF8.self)
        } catch {
            throw GraftError(.value, "the run's figures cannot be written", file: path)
        }
        try NPZ.write(tensors, metadata: metadata, to: path, level: 0)
    }

    // MARK: reading

    /// - Throws: `GraftError.file` where there is no checkpoint; `GraftError` for a damaged one.
    init(output: String) throws(GraftError) {
        let path = PathText.join(output, Self.fileName)
        guard Folder.kind(of: path) == .file else {
            let isDone = Folder.kind(of: PathText.join(output, "model.npz")) == .file
            throw GraftError(
                .file, "there is no run to resume", file: output, expected: "a \(Self.fileName) inside",
                found: isDone ? "the results of a run that is over" : nil,
                remedy: isDone ? nil : "name the output directory of a run that was stopped after its first epoch")
        }
        file = path
        do throws(GraftError) {
            let file = try WeightFile(path: path)
            guard let metadata = file.metadata, let text = metadata.checkpoint,
                let state = try? JSONDecoder().decode(State.self, from: Data(text.utf8))
            else {
                throw GraftError(.file, "not a checkpoint of Graft", file: path)
            }
            self.state = state
            configuration = metadata.configuration ?? ""
            tensors = try file.load()
        } catch {
            // There is one checkpoint only, that of the last epoch.
            var error = error
            error.context.remedy = "no epoch can be resumed: train anew without --resume"
            throw error
        }
    }

    /// What a person may ask of `--resume`.
    static let whatMayChange =
        "--resume may change epochs, schedule, optimiser constants, augmentation and early stopping; not the pictures, "
        + "classes, split and seed, nor backbone, weights, precision, pooling, head, phases and what is frozen; of labels not "
        + "label_thresholds, nor whether pictures are changed at random"

    /// What was changed before the phase.
    var carried: StateDict { part("carried") }

    /// The best epoch's tensors; nil where there are none.
    var best: StateDict? {
        let best = part("best")
        return best.count > 0 ? best : nil
    }

    /// Tensors of the phase that was under way, by their own names.
    var weights: StateDict {
        tensors.renamed { name in Self.prefixes.contains { name.hasPrefix("\($0)/") } ? nil : name }
    }

    private static let prefixes = ["optimizer", "first", "second", "average", "carried", "best"]

    private func part(_ prefix: String) -> StateDict {
        tensors.renamed { $0.hasPrefix("\(prefix)/") ? String($0.dropFirst(prefix.count + 1)) : nil }
    }

    /// The state of the phase's trainer, checked against its layers.
    /// - Throws: `GraftError.file` for tensors that do not fit.
    func snapshot(for trainer: PhaseTrainer) throws(GraftError) -> PhaseTrainer.Snapshot {
        let plan = trainer.plan
        func values(_ state: StateDict, isNeeded: Bool) throws(GraftError) -> [[Float]] {
            var result: [[Float]] = []
            for parameter in plan.parameters {
                guard let tensor = state[parameter.name] else {
                    guard !isNeeded else { throw unfit(parameter.name) }
                    result.append([])
                    continue
                }
                guard tensor.shape == parameter.shape else { throw unfit(parameter.name) }
                result.append(tensor.elements)
            }
            return result
        }
        let average = part("average")
        var buffers: [String: [[Float]]] = [:]
        for (name, old) in zip(trainer.buffers, ["first", "second"] + trainer.buffers) {
            let named = part("optimizer/\(name)")
            buffers[name] = try values(named.count > 0 ? named : part(old), isNeeded: false)
        }
        return PhaseTrainer.Snapshot(
            values: try values(weights, isNeeded: true),
            optimizer: Optimizer.State(steps: state.steps, buffers: buffers),
            average: average.count > 0 ? try values(average, isNeeded: true) : [])
    }

    private func unfit(_ name: String) -> GraftError {
        GraftError(
            .file, "the checkpoint does not fit the configuration", file: file, member: name, remedy: Self.whatMayChange
        )
    }

    /// What a person should know where the run goes on elsewhere than it began.
    var makerNote: String? {
        let maker = Self.maker(state.identity)
        guard state.maker != maker else { return nil }
        return "the run was stopped under \(state.maker), and goes on under \(maker): "
            + "the bits may differ from those of a run left alone"
    }

    /// Refuses to go on with other pictures or weights.
    /// - Throws: `GraftError.invalidData`
    func check(_ identity: Identity, output: String) throws(GraftError) {
        let differs =
            state.identity.pictures != identity.pictures
            ? "the pictures, or which of them are held out,"
            : state.identity.weights != identity.weights
                ? "the backbone's weights"
                : state.identity.precision != identity.precision ? "the numbers that frozen layers compute in" : nil
        guard let differs else { return }
        throw GraftError(
            .invalidData, "\(differs) have changed since the run was stopped", file: output,
            remedy: "bring them back, or train anew without --resume; \(Self.whatMayChange)")
    }
}
