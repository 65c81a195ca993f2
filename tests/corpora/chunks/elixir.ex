defmodule Net.Pool do
  @moduledoc """
  Keeps connections open.
  """
  use GenServer

  @limit 8

  @type state :: :open | :closed
  @type name :: String.t()

  @doc "Takes one."
  @spec take(name) :: state
  def take(name) when is_binary(name) do
    GenServer.call(name, :take)
  end

  defp close(name), do: name

  defmacro pooled(expr) do
    quote do: unquote(expr)
  end

  defmodule Options do
    defstruct limit: 8
  end
end
