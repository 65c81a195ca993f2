# A pool of connections.
module Pools

using Base.Threads

const LIMIT = 8

"""
    Pool(name)

Keeps connections open.
"""
mutable struct Pool{T} <: AbstractPool
    name::String
    free::Vector{T}
end

abstract type AbstractPool end

"Takes one."
function take(pool::Pool)
    pop!(pool.free)
end

drop(pool::Pool, n) = n > 0 ? drop(pool, n - 1) : nothing

Base.length(p::Pool) = length(p.free)

macro pooled(expr)
    esc(expr)
end

end # module
