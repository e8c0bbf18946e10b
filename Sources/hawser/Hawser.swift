@main
enum Hawser {
    static func main() {}
}
