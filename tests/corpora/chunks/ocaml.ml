(* A pool of connections. *)
open Printf

(** How many are kept. *)
let limit = 8

type state = Open | Closed of string

exception Full of int

module type S = sig
  val take : unit -> state
end

module Pool = struct
  (** Takes one. *)
  let take () = Open

  let rec drop n =
    if n > 0 then drop (n - 1)
end

class counter init = object
  val mutable n = init
  method next = n <- n + 1; n
end

let ( >>= ) x f = f x

external now : unit -> float = "unix_gettimeofday"

let () = printf "%d\n" limit
