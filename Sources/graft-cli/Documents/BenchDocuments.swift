import Images
import Inference

extension NetworkBench.Figures {
    /// `graft bench --json`
    var document: JSONDocument {
        [
            "backbone": backbone,
            "threads": threads,
            "isa": isa,
            "input": input,
            "multiply_adds": multiplyAdds,
            "peak_gflops": peakGflops,
            "precision": precision,
            "memory_gbps": memoryGbps,
            "results": results.map(\.document),
            "layers": layers?.map(\.document),
        ]
    }
}

extension NetworkBench.Figures.Result {
    fileprivate var document: JSONDocument {
        [
            "batch": batch,
            "least_ms": leastMs,
            "median_ms": medianMs,
            "p5_ms": p5Ms,
            "p95_ms": p95Ms,
            "gflops": gflops,
            "peak_share": peakShare,
            "memory_share": memoryShare,
            "runs": runs,
            "logits": logits,
        ]
    }
}

extension NetworkBench.Figures.Step {
    fileprivate var document: JSONDocument {
        ["name": name, "kind": kind, "ms": ms, "gflops": gflops, "peak_share": peakShare]
    }
}

extension PipelineFigures {
    /// `graft bench --pipeline --json`
    var document: JSONDocument {
        [
            "backbone": backbone,
            "isa": isa,
            "pictures": timing.pictures,
            "drawn": drawn,
            "stages": stages.map { stage -> JSONDocument in ["stage": stage.name, "median_ms": stage.median] },
            "sum_ms": timing.sum,
            "threads": timing.threads,
            "pictures_per_second": timing.picturesPerSecond,
            "skipped": timing.skipped.map(\.document),
        ]
    }
}

extension TrainingFigures {
    /// `graft bench --train --json`
    var document: JSONDocument {
        [
            "backbone": backbone,
            "threads": threads,
            "isa": isa,
            "input": input,
            "freeze": freeze,
            "cut": cut,
            "parameters": parameters,
            "trained_parameters": trainedParameters,
            "results": results.map(\.document),
            "resident_bytes": residentBytes,
        ]
    }
}

extension TrainingFigures.Result {
    fileprivate var document: JSONDocument {
        [
            "batch": batch,
            "median_ms": medianMs,
            "p5_ms": p5Ms,
            "p95_ms": p95Ms,
            "forward_ms": forwardMs,
            "backward_ms": backwardMs,
            "update_ms": updateMs,
            "prefix_ms": prefixMs,
            "step_bytes": stepBytes,
            "runs": runs,
        ]
    }
}
