import Testing
import Zoo

/// The one line that an error shows to a user, or what went otherwise.
func message(_ body: () throws -> some Any) -> String {
    do {
        return "no error: \(try body())"
    } catch let error as GraftError {
        return error.description
    } catch {
        return "another error: \(error)"
    }
}
