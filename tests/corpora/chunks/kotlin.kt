package net.pool

import java.io.Closeable

const val LIMIT = 8

/** Keeps connections open. */
@Singleton
open class Pool(private val name: String) : Closeable {
    private val free = mutableListOf<Int>()

    /** Takes one. */
    suspend fun take(): Int {
        return free.removeLast()
    }

    override fun close() = free.clear()

    companion object {
        fun shared(): Pool = Pool("shared")
    }
}

interface Taker {
    fun take(): Int
}

object Registry {
    val all = mapOf<String, Pool>()
}

typealias Pools = List<Pool>

fun String.connect(): Pool = Pool(this)
