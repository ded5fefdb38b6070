import CProcess
import Foundation
import Testing

/// Whether a process is reported as running.
@Suite(.timeLimit(.minutes(1))) struct RunningTests {
  @Test func oneThatEndedRunsNoMoreThoughNobodyKnows() throws {
    let input = Pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, input.fileHandleForReading.fileDescriptor, 0)
    var pid: pid_t = 0
    let command = try #require(strdup("/bin/cat"))
    defer { free(command) }
    var arguments = [command, nil]
    try #require(posix_spawn(&pid, command, &actions, nil, &arguments, environ) == 0)
    posix_spawn_file_actions_destroy(&actions)
    #expect(msg_is_running(UInt32(pid)))
    kill(pid, SIGKILL)
    var information = siginfo_t()
    try #require(waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) == 0)
    #expect(!msg_is_running(UInt32(pid)))
    #expect(waitpid(pid, nil, 0) == pid)
    #expect(!msg_is_running(UInt32(pid)))
  }

  @Test func nobodyIsProcessZero() {
    #expect(!msg_is_running(0) && msg_is_running(UInt32(getpid())))
  }
}

@Suite struct CodeTests {
  /// It is read from the program's file again.
  @Test func codeComesBack() {
    msg_release_code()
    #expect((1...1000).reduce(0, +) == 500_500)
  }
}
