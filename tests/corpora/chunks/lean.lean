/-
Connections, kept open.
-/
import Mathlib.Data.Nat.Basic

namespace Net

/-- How many are kept. -/
def limit : Nat := 8

/-- Keeps connections open. -/
structure Pool where
  name : String
  free : List Nat
  deriving Repr

inductive State
  | opened
  | closed (why : String)

@[simp]
theorem take_le (p : Pool) :
    p.free.length ≤ p.free.length + 1 := by
  exact Nat.le_succ _

private lemma helper : 1 + 1 = 2 := rfl

instance : Inhabited State := ⟨.opened⟩

end Net

theorem outside : True := trivial
