package import Zoo

/// How long one step of a plan takes.
package struct StepTiming: Sendable, Hashable {
    /// The layer's path, or that of the first of the layers that were fused.
    package let name: String
    /// What runs: "pointwise", "depthwise" …
    package let kind: String
    /// The median for one image, with all of the plan's threads.
    package let milliseconds: Double
    /// For one image.
    package let multiplyAdds: Int

    /// Floating-point operations a second, in 10^9; a multiply-add counts as two.
    package var gigaflops: Double { milliseconds > 0 ? Double(2 * multiplyAdds) / milliseconds / 1e6 : 0 }
}

extension InferencePlan {
    /// Times every step on one image.
    /// - Parameters:
    ///   - input: a batch as for `run`; its first image is used.
    ///   - rounds: runs to take the median of.
    /// - Throws: `GraftError.shapeMismatch` as `run`.
    package func timeSteps(_ input: Tensor, rounds: Int = 50) throws(GraftError) -> [StepTiming] {
        try check(input)
        guard input.shape[0] > 0 else { return [] }
        let clock = ContinuousClock()
        var times = [[Double]](repeating: [], count: program.steps.count)
        var result = [Float](repeating: 0, count: outputShape.reduce(1, *))
        input.elements.withUnsafeBufferPointer { image in
            result.withUnsafeMutableBufferPointer { result in
                guard let image = image.baseAddress, let result = result.baseAddress else { return }
                workspaces.withWorkspaces(1) { workspaces in
                    let workspace = workspaces[0]
                    for _ in 0..<max(1, rounds) {
                        var last = clock.now
                        workspace.run(input: image, output: result, kernels: kernels, threads: threads) { step in
                            let now = clock.now
                            times[step].append((now - last) / .milliseconds(1))
                            last = now
                        }
                    }
                }
            }
        }
        return zip(program.steps, times).map { step, times in
            StepTiming(
                name: step.name, kind: step.kind, milliseconds: times.sorted()[times.count / 2],
                multiplyAdds: step.multiplyAdds)
        }
    }
}
