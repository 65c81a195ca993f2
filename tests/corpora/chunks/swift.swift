// Connections, kept open.
import Foundation

let limit = 8

/// What takes.
public protocol Taker {
    func take() -> Int
}

/// Keeps connections open.
@available(iOS 13, *)
public final class Pool: Taker {
    private var free: [Int] = []
    let name: String

    public init(name: String) {
        self.name = name
    }

    /// Takes one.
    @discardableResult
    public func take() -> Int {
        return free.removeLast()
    }
}

extension Pool {
    var isEmpty: Bool {
        free.isEmpty
    }
}

enum State {
    case open
    case closed(String)
}

typealias Pools = [Pool]
