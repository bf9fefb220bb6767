import Exchange
import Insight
import Zoo

extension QuantizationReport {
    /// `graft quantize --json`
    func document(_ written: WrittenModel, _ sizes: QuantizationSizes) -> JSONDocument {
        [
            "model": written.path,
            "calibrated": calibrated,
            "judged": judged,
            "agreeing": agreeing,
            "agreement": agreement,
            "expected_agreement": expectedAgreement,
            "asked": asked,
            "holds": holds,
            "layers_chosen_by_judged": chosenByJudged,
            "accuracy": accuracy.map { accuracy -> JSONDocument in
                [
                    "total": accuracy.total, "correct_before": accuracy.before, "correct_after": accuracy.after,
                    "only_before": accuracy.onlyBefore, "only_after": accuracy.onlyAfter,
                ]
            },
            "layers": layers.map { layer -> JSONDocument in
                ["name": layer.name, "error": layer.error, "int8": layer.isInt8]
            },
            "int8_values": values.int8,
            "values": values.all,
            "speed": speed.map { speed -> JSONDocument in
                ["batch": speed.batch, "ms_before": speed.before, "ms_after": speed.after]
            },
            "bytes_before": sizes.before,
            "bytes_after": sizes.after,
        ]
    }
}
