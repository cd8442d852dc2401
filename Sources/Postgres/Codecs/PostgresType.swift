/// A type of PostgreSQL by its object id. The built-in ones have the same id in every database.
package struct PostgresType: Hashable, Sendable {
    /// The row of `pg_type`.
    package let oid: UInt32

    /// Names a type that has no name here.
    package init(oid: UInt32) {
        self.oid = oid
    }
}

extension PostgresType {
    /// Of a parameter: whatever type the statement needs there.
    package static let inferred = PostgresType(oid: 0)

    package static let bool = PostgresType(oid: 16)
    package static let bytea = PostgresType(oid: 17)
    package static let name = PostgresType(oid: 19)
    package static let int8 = PostgresType(oid: 20)
    package static let int2 = PostgresType(oid: 21)
    package static let int4 = PostgresType(oid: 23)
    package static let text = PostgresType(oid: 25)
    package static let oid = PostgresType(oid: 26)
    package static let json = PostgresType(oid: 114)
    package static let float4 = PostgresType(oid: 700)
    package static let float8 = PostgresType(oid: 701)
    package static let unknown = PostgresType(oid: 705)
    package static let inet = PostgresType(oid: 869)
    package static let bpchar = PostgresType(oid: 1042)
    package static let varchar = PostgresType(oid: 1043)
    package static let date = PostgresType(oid: 1082)
    package static let timestamp = PostgresType(oid: 1114)
    package static let timestamptz = PostgresType(oid: 1184)
    package static let interval = PostgresType(oid: 1186)
    package static let numeric = PostgresType(oid: 1700)
    package static let void = PostgresType(oid: 2278)
    package static let uuid = PostgresType(oid: 2950)
    package static let jsonb = PostgresType(oid: 3802)

    package static let boolArray = PostgresType(oid: 1000)
    package static let byteaArray = PostgresType(oid: 1001)
    package static let int2Array = PostgresType(oid: 1005)
    package static let int4Array = PostgresType(oid: 1007)
    package static let textArray = PostgresType(oid: 1009)
    package static let varcharArray = PostgresType(oid: 1015)
    package static let int8Array = PostgresType(oid: 1016)
    package static let float8Array = PostgresType(oid: 1022)
    package static let inetArray = PostgresType(oid: 1041)
    package static let dateArray = PostgresType(oid: 1182)
    package static let timestamptzArray = PostgresType(oid: 1185)
    package static let uuidArray = PostgresType(oid: 2951)
    package static let jsonArray = PostgresType(oid: 199)
    package static let jsonbArray = PostgresType(oid: 3807)

    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4", .text: "text",
        .oid: "oid", .json: "json", .float4: "float4", .float8: "float8", .unknown: "unknown", .inet: "inet",
        .bpchar: "bpchar", .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
        .interval: "interval", .numeric: "numeric", .void: "void", .uuid: "uuid", .jsonb: "jsonb",
    ]

    private static let elements: [PostgresType: PostgresType] = [
        .boolArray: .bool, .byteaArray: .bytea, .int2Array: .int2, .int4Array: .int4, .textArray: .text,
        .varcharArray: .varchar, .int8Array: .int8, .float8Array: .float8, .inetArray: .inet, .dateArray: .date,
        .timestamptzArray: .timestamptz, .uuidArray: .uuid, .jsonArray: .json, .jsonbArray: .jsonb,
    ]

    private static let arrays: [PostgresType: PostgresType] = Dictionary(
        uniqueKeysWithValues: PostgresType.elements.map { ($0.value, $0.key) }
    )

    /// The type of an array of these, when this package knows it.
    package var array: PostgresType? { PostgresType.arrays[self] }

    /// The type of the elements, when this is an array type that this package knows.
    package var element: PostgresType? { PostgresType.elements[self] }
}

extension PostgresType: CustomStringConvertible {
    package var description: String {
        if let name = PostgresType.names[self] {
            return name
        }
        if let element = self.element {
            return "\(element)[]"
        }
        return "type \(self.oid)"
    }
}
