//! Replies in the answer of a receiver: sent once, in the transaction that removes the delivery.
