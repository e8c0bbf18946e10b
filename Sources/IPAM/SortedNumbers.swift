/// Numbers in ascending order, to be looked up: addresses of one family, or keys of owners.
struct SortedNumbers {
    let numbers: [UInt128]

    init(_ numbers: [UInt128]) {
        self.numbers = numbers.sorted()
    }

    /// Where the number stands, or would stand.
    func position(of number: UInt128) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func contains(_ number: UInt128) -> Bool {
        let position = position(of: number)
        return position < numbers.count && numbers[position] == number
    }
}
