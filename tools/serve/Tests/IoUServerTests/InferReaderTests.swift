import IoURuntime
import HTTPTypes
import Testing

@testable import IoUServer

struct InferReaderTests {
    private let reader = InferReader()

    @Test func readsJSONAndBinaryTensors() async throws {
        let json = Array(
            (#"{"id":"7","parameters":{"binary_data_output":true,"timeout":1000},"inputs":["#
                + #"{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4.5]]},"#
                + #"{"name":"b","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}}],"#
                + #""outputs":[{"name":"y","parameters":{"binary_data":false}}]}"#).utf8)
        let request = try await reader.read(json + [7, 8, 9], header: "\(json.count)")
        #expect(request.id == "7")
        #expect(request.timeout == 1000)
        #expect(request.work.outputs == ["y"])
        #expect(!request.isBinary("y"))
        #expect(request.isBinary("z"))
        #expect(
            request.work.inputs["a"] == (try Tensor([1, 2, 3, 4.5] as [Float], shape: [2, 2])))
        #expect(request.work.inputs["b"] == (try Tensor([7, 8, 9] as [UInt8], shape: [3])))
    }

    @Test(arguments: [
        ("FP16", "[1.5]", true), ("FP64", "[1.5]", true), ("INT64", "[9223372036854775807]", true),
        ("UINT64", "[18446744073709551615]", true), ("BOOL", "[true]", true),
        ("INT8", "[-128]", true),
        ("INT8", "[128]", false), ("UINT8", "[-1]", false), ("INT32", "[1.5]", false),
        ("BOOL", "[2]", false), ("FP16", "[1e9]", false), ("BF16", "[1]", false),
        ("BYTES", "[\"x\"]", false), ("FP32", "[\"x\"]", false), ("FP32", "[1,2]", false),
        ("FP32", "{}", false), ("fp32", "[1]", false),
    ])
    func knowsTypes(_ datatype: String, _ data: String, _ isRight: Bool) async {
        let json =
            #"{"inputs":[{"name":"a","shape":[1],"datatype":"\#(datatype)","data":\#(data)}]}"#
        do throws(ServerError) {
            let request = try await reader.read(Array(json.utf8), header: nil)
            #expect(isRight)
            #expect(request.work.inputs["a"]?.shape == [1])
        } catch {
            #expect(!isRight, "\(error)")
            #expect(error.message.hasPrefix("body.inputs[0]."))
            #expect(error.message.contains("expected"))
        }
    }

    @Test(
        arguments: [
            ("[]", nil), (#"{"inputs":3}"#, nil), (#"{"inputs":[3]}"#, nil),
            (#"{"inputs":[{}]}"#, nil),
            (#"{"inputs":[{"name":"a"}]}"#, nil),
            (#"{"inputs":[{"name":"a","datatype":"FP32","shape":[-1],"data":[]}]}"#, nil),
            (
                #"{"inputs":[{"name":"a","datatype":"FP32","shape":[9223372036854775807,3],"data":[1]}]}"#,
                nil
            ),
            (#"{"inputs":[{"name":"a","datatype":"FP32","shape":[1]}]}"#, nil),
            (
                #"{"inputs":[{"name":"a","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}"#,
                nil
            ),
            (#"{"inputs":[]}xxxx"#, "13"), (#"{"inputs":[]}"#, "99"), (#"{"inputs":[]}"#, "-1"),
            (#"{"inputs":[]}"#, "x"),
            (#"{"inputs":[],"outputs":[{"name":"y"},{"name":"y"}]}"#, nil),
            (#"{"inputs":[],"outputs":[{"name":"y","parameters":{"classification":3}}]}"#, nil),
        ] as [(String, String?)])
    func saysWhatIsWrong(_ json: String, _ header: String?) async {
        do throws(ServerError) {
            _ = try await reader.read(Array(json.utf8), header: header)
            Issue.record("it was taken: \(json)")
        } catch {
            #expect(error.status == .badRequest)
            #expect(error.message.contains("expected"), "\(error)")
        }
    }

    @Test func outlivesAnything() async {
        let json = Array(
            (#"{"inputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[1,2]},"#
                + #"{"name":"b","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}}]}"#)
                .utf8)
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5_000 {
            let changed = random.mutate(json + [7, 8, 9])
            _ = try? await reader.read(changed, header: "\(min(json.count, changed.count))")
        }
    }
}
