import CIoUTestSupport
import Testing

/// Convolution kernels against their scalar definition, and what inference returns.
struct ConvKernelTests {
    private func firstFailure(_ check: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> String? {
        let capacity = 1024
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
            let failures = check(text.baseAddress!, capacity)
            return failures == 0
                ? nil : "\(failures) failures, the first: \(String(cString: text.baseAddress!))"
        }
    }

    @Test func everyKernelAgreesWithTheDefinition() {
        let failure = firstFailure(iou_check_conv_kernels)
        #expect(failure == nil, "\(failure ?? "")")
    }

    @Test func productsOfMatricesAgreeWithThreeLoops() {
        let failure = firstFailure(iou_check_gemm_kernels)
        #expect(failure == nil, "\(failure ?? "")")
    }

    @Test func pooledWindowsAgreeToTheBit() {
        let failure = firstFailure(iou_check_pool_kernels)
        #expect(failure == nil, "\(failure ?? "")")
    }

    @Test func tilesOfIntegersAgreeToTheBit() {
        let failure = firstFailure(iou_check_integer_kernels)
        #expect(failure == nil, "\(failure ?? "")")
    }

    @Test func transposedConvolutionsAgreeWithTheDefinition() {
        let failure = firstFailure(iou_check_conv_transpose)
        #expect(failure == nil, "\(failure ?? "")")
    }

    @Test func inferenceAnswersShapesAndRefusesNonsense() {
        let failure = firstFailure(iou_check_conv_infer)
        #expect(failure == nil, "\(failure ?? "")")
    }
}
