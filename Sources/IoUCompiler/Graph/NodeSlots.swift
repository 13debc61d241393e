import IoUGraph

/// A node's number in an `EditableGraph`; numbers are never used again.
typealias NodeID = Int

/// The nodes of a graph that is rewritten, in slots whose order is one in which they can be
/// executed; what replaces a node is in its slot.
struct NodeSlots {
    private var nodes: [Node?] = []
    private var slots: [[NodeID]] = []
    private var slotOf: [Int] = []

    /// The nodes in order.
    var ids: [NodeID] { slots.flatMap { $0 } }

    /// The number of the next node that comes.
    var nextID: NodeID { nodes.count }

    /// The node, if it is still there.
    subscript(id: NodeID) -> Node? { nodes[id] }

    /// Adds a node behind all others.
    mutating func append(_ node: Node) -> NodeID {
        slots.append([])
        return insert(node, slots.count - 1)
    }

    /// Adds a node to the slot of another, which may be gone, behind what is there.
    mutating func insert(_ node: Node, inSlotOf other: NodeID) -> NodeID {
        insert(node, slotOf[other])
    }

    private mutating func insert(_ node: Node, _ slot: Int) -> NodeID {
        let id = nextID
        nodes.append(node)
        slotOf.append(slot)
        slots[slot].append(id)
        return id
    }

    mutating func remove(_ id: NodeID) {
        nodes[id] = nil
        slots[slotOf[id]].removeAll { $0 == id }
    }

    /// Changes a node that is still there.
    mutating func edit(_ id: NodeID, _ change: (inout Node) -> Void) {
        guard var node = nodes[id] else { return }
        change(&node)
        nodes[id] = node
    }
}
