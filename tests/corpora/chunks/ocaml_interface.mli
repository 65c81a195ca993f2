(** Connections, kept open. *)

(** Keeps connections open. *)
type t

(** How many are kept. *)
val limit : int

val take : t -> int option

module Options : sig
  val default : int
end
