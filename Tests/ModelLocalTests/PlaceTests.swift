import Testing

@testable import ModelLocal
