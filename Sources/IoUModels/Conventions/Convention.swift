/// How boxes are counted and decoded: a property of the weights.
public enum Convention: String, CaseIterable, Sendable {
    /// The authors' code and MMDetection 1: a box contains its last pixel (specification 2.2).
    case legacy
    /// MMDetection 2 and 3: a box is between its edges (specification 2.3).
    case edges
}
