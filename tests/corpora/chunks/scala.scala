package net.pool

import scala.util.Try

/** What takes. */
trait Taker[A] {
  def take(): A
}

/** Keeps connections open. */
final case class Pool[A](name: String) extends Taker[A] {
  private val free = List.empty[A]

  /** Takes one. */
  @inline
  override def take(): A = {
    free.head
  }
}

object Pool {
  val Limit: Int = 8
  type Pools = List[Pool[Int]]

  def connect(name: String): Try[Pool[Int]] =
    Try(Pool(name))
}
