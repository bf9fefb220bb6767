package import Engine
package import Images
package import Zoo

/// Where a picture's time goes between its file and the answer.
package struct PipelineTiming: Sendable, Hashable {
    /// What happens to a picture, in order.
    package enum Stage: String, Sendable, Hashable, CaseIterable {
        /// The file's bytes.
        case read
        /// Its pixels, upright.
        case decode
        /// Resized, the centre cut out.
        case resize
        /// Scaled, straight into the plan's input.
        case normalize
        /// The network.
        case run
        /// Probabilities, and the most probable classes.
        case top
    }

    /// The median of the pictures in milliseconds, one picture at a time on one thread.
    package let milliseconds: [Stage: Double]
    /// Pictures a second with one picture a thread: reading, decoding and computing of different pictures overlap.
    package let picturesPerSecond: Double
    /// The threads of that figure.
    package let threads: Int
    /// Pictures that were measured.
    package let pictures: Int
    /// Pictures that could not be read.
    package let skipped: [SkippedFile]

    /// The stages' sum in milliseconds.
    package var sum: Double { milliseconds.values.reduce(0, +) }

    /// Takes pictures through the whole way again and again, first one by one, then on all threads.
    /// - Parameters:
    ///   - paths: picture files.
    ///   - graph: a network from an image to one value a class.
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - seconds: about how long to measure each of the two for.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - quantization: what is computed in 8 bits; nil for nothing.
    ///   - precision: of the rest.
    /// - Throws: `GraftError` for a graph and weights that do not fit; `GraftError.invalidData` if no picture can be
    ///   read.
    package static func measure(
        _ paths: [String], graph: Graph, weights: StateDict, preprocessing: Preprocessing,
        decoding: PictureDecoding = .exact, seconds: Double, threads: Int? = nil,
        quantization: Quantization? = nil, precision: Precision = .float32
    ) throws(GraftError) -> PipelineTiming {
        let threads = try ThreadPool.count(threads)
        let plan = try InferencePlan(
            graph, weights: weights, imageSize: Extent(preprocessing.crop), threads: 1, quantization: quantization,
            precision: precision)
        let runner = PictureRunner(plan: plan, preprocessing: preprocessing, decoding: decoding)
        let reading = AnswerReading(names: (0..<plan.outputShape.reduce(1, *)).map { "class \($0)" })
        @Sendable func predict(_ path: String, ended: PictureRunner.Observer = { _ in }) -> SkippedFile? {
            do throws(GraftError) {
                let logits = try runner.run(.path(path), ended: ended)
                _ = Prediction(path: path, outputs: logits, reading: reading, top: 5)
                ended(.top)
                return nil
            } catch {
                return SkippedFile(path: path, error)
            }
        }
        // The first pass finds what cannot be read, and brings files and weights into memory.
        let faults = WorkerPool.map(count: paths.count, threads: threads) { predict(paths[$0]) }
        let good = zip(paths, faults).compactMap { path, fault in fault == nil ? path : nil }
        let skipped = faults.compactMap(\.self)
        guard !good.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: skipped.first?.path, found: skipped.first?.reason)
        }
        return PipelineTiming(
            milliseconds: medians(seconds) { ended in for path in good { _ = predict(path, ended: ended) } },
            picturesPerSecond: throughput(seconds, threads: threads, pictures: good.count) { _ = predict(good[$0]) },
            threads: threads, pictures: good.count, skipped: skipped)
    }

    /// The median of every stage; `body` takes pictures through all of them.
    private static func medians(
        _ seconds: Double, _ body: (_ ended: PictureRunner.Observer) -> Void
    ) -> [Stage: Double] {
        let clock = ContinuousClock(), start = clock.now
        var times: [Stage: [Double]] = [:]
        repeat {
            var last = clock.now
            body { stage in
                times[stage, default: []].append((clock.now - last) / .milliseconds(1))
                last = clock.now
            }
        } while clock.now - start < .seconds(seconds)
        return times.mapValues { $0.sorted()[$0.count / 2] }
    }

    /// Pictures a second. Each round has several a thread, or waiting for the last one would be measured.
    private static func throughput(
        _ seconds: Double, threads: Int, pictures: Int, _ body: @Sendable (Int) -> Void
    ) -> Double {
        let clock = ContinuousClock(), start = clock.now, count = max(pictures, 16 * threads)
        var done = 0
        repeat {
            _ = WorkerPool.map(count: count, threads: threads) { body($0 % pictures) }
            done += count
        } while clock.now - start < .seconds(seconds)
        return Double(done) / ((clock.now - start) / .seconds(1))
    }
}
