public import CNI
public import LinuxSystem

/// Runs calls to the kernel and turns a refusal into a CNI error (code 100) that says what was being done.
///
/// `what` completes the sentence "cannot …". This and the initialisers of CNIError are where system errors gain codes.
@inline(never)
public func attempt<R: ~Copyable>(
    _ what: @autoclosure () -> String, _ body: () throws(SystemError) -> R
) throws(CNIError) -> R {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .kernelRefused("cannot \(what())", error)
    }
}

/// The same for files of ours: code 5.
@inline(never)
public func attemptFile<R: ~Copyable>(
    _ what: @autoclosure () -> String, _ body: () throws(SystemError) -> R
) throws(CNIError) -> R {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .inputOutput("cannot \(what())", error)
    }
}
