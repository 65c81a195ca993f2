//! Connections, kept open.
const std = @import("std");

/// How many are kept.
pub const limit: usize = 8;

/// Keeps connections open.
pub const Pool = struct {
    name: []const u8,
    free: std.ArrayList(u8),

    /// Takes one.
    pub fn take(self: *Pool) ?u8 {
        return self.free.popOrNull();
    }
};

const State = enum {
    open,
    closed,
};

fn connect(name: []const u8) !Pool {
    _ = name;
    return error.Full;
}

test "takes one" {
    try std.testing.expect(true);
}
