-- | Connections, kept open.
module Net.Pool
  ( Pool (..)
  , take'
  ) where

import qualified Data.Map as Map

-- | Keeps connections open.
data Pool a = Pool
  { poolName :: String
  , poolFree :: [a]
  }

newtype Limit = Limit Int

type Pools = [Pool Int]

class Taker f where
  takeOne :: f a -> Maybe a

instance Taker Pool where
  takeOne (Pool _ xs) = case xs of
    [] -> Nothing
    (x : _) -> Just x

-- | How many are kept.
limit :: Int
limit = 8

-- | Takes one.
take' :: Pool a -> Maybe a
take' (Pool _ []) = Nothing
take' (Pool _ (x : _)) = Just x
