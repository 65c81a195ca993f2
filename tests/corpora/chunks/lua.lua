-- Connections, kept open.
local socket = require("socket")

local M = {}

M.limit = 8

--- Takes one.
---@param name string
function M.take(name)
  return M.free[name]
end

local function close(name)
  M.free[name] = nil
end

M.connect = function(name)
  return socket.connect(name)
end

function M:drop()
  close(self.name)
end

return M
