import Inference
import Learning
import RunConfiguration
import Weights
import Zoo

extension Survey {
    /// What is known of the model before it is trained.
    var metadata: ModelMetadata {
        ModelMetadata(
            backbone: plan.model.backbone.name, pooling: plan.model.pooling.rawValue,
            head: ModelMetadata.Head(kind: type(of: plan.model.head).kind, options: plan.model.head.options),
            classes: classes, task: task, preprocessing: plan.preprocessing, licence: plan.base.licence,
            source: "\(plan.isHeadOnly ? "a new head trained" : "fine-tuned") with Graft on: \(plan.base.source)",
            base: ModelMetadata.Base(name: plan.base.name, sha256: plan.base.sha256),
            configuration: configuration.text, seed: Int(exactly: configuration.train.seed))
    }
}
