import Synchronization
package import Zoo

/// The models of a server, by name. A model can be swapped for another at any time: a request keeps the one it began with.
package final class ModelShelf: Sendable {
    private let names: [String]
    private let models: Mutex<[String: any ServedModel]>

    /// Of a server that shows something else.
    package init() {
        names = []
        models = Mutex([:])
    }

    /// - Throws: `GraftError.invalidName` for two models of one name, or a name that no address holds; for no model.
    package init(_ models: [any ServedModel]) throws(GraftError) {
        names = models.map(\.description.name)
        guard !names.isEmpty else { throw GraftError(.invalidValue, "no model to serve") }
        if let bad = names.first(where: { !ModelDescription.isName($0) }) {
            throw GraftError(
                .invalidName, "a model's name that an address cannot hold", found: bad,
                remedy: "use letters, digits, '-', '.' and '_'")
        }
        guard Set(names).count == names.count else {
            throw GraftError(.invalidName, "two models of one name", remedy: "name them: NAME=MODEL")
        }
        self.models = Mutex(Dictionary(uniqueKeysWithValues: zip(names, models)))
    }

    /// In the order of the command line.
    package var all: [any ServedModel] { models.withLock { models in names.compactMap { models[$0] } } }

    /// - Parameter name: nil for the first model.
    /// - Throws: `GraftError.notFound`
    package func model(_ name: String?, version: String? = nil) throws(GraftError) -> any ServedModel {
        guard let model = models.withLock({ $0[name ?? names.first ?? ""] }) else {
            throw GraftError(.notFound, "unknown model", expected: names.joined(separator: ", "))
        }
        guard version == nil || version == ModelDescription.version else {
            throw GraftError(.notFound, "unknown version", expected: ModelDescription.version)
        }
        return model
    }

    /// Puts a model in the place of the one of its name.
    package func swap(_ model: any ServedModel) {
        models.withLock { models in
            guard models[model.description.name] != nil else { return }
            models[model.description.name] = model
        }
    }
}
