// Package money holds exact amounts: a whole number of the currency's smallest unit.
//
// Words: an amount is a number with a currency ([Amount]); a minor unit is the
// currency's smallest (分, cent); a rounding says what to do with a part of it.
//
// Invariants: no binary floating point anywhere; every operation is exact or an
// error, and only [Amount.Mul], [Amount.Wan] and [FromRat] round, by a rounding that
// the caller names; amounts of two currencies never meet; [Amount.Allocate] gives
// parts that sum to the whole; an amount has one canonical text, and what is read
// from it is written back identically. Amounts compare with ==.
//
// Start at amount.go.
//
// Not here: exchange rates (a rate is a *big.Rat with a source, and belongs to the
// room that uses it), the law of accounts (books), unit prices with more decimals
// than the currency has (a *big.Rat until multiplied).
package money
