import Objectives
public import Zoo

extension Registry {
    /// Makes the losses and update rules known that come with Graft. One line each: this is the list.
    public mutating func registerLearning() throws(GraftError) {
        try register(CrossEntropy.self)
        try register(BinaryCrossEntropy.self)
        try register(FocalLoss.self)
        try register(SquaredError.self)
        try register(HuberLoss.self)
        try register(Adam.self)
        try register(AdamW.self)
        try register(SGD.self)
        try register(RMSprop.self)
        try register(Lion.self)
        try register(LAMB.self)
    }

    /// A registry of nothing but losses and update rules.
    package static func learning() throws(GraftError) -> Registry {
        var registry = Registry()
        try registry.registerLearning()
        return registry
    }
}
