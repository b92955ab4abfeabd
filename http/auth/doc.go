// Package auth says who is calling: it issues and verifies access tokens, makes refresh
// tokens, and hashes passwords. It knows no routes and no stores.
//
// An access token is a JWT signed by HMAC-SHA-256 (RFC 7519). It lives for 15 minutes, and
// verifying it takes no I/O. Checking the signature and reading the claims is half of what
// the HTTP layer spends on a hold, so verified tokens are remembered until they expire.
// Whether a token was logged out is not asked here; the caller of [AccessTokens.Verify]
// asks for that each time.
//
// A refresh token is random and good for one use. The store knows only its SHA-256 hash,
// so a stolen store lets nobody in.
//
// An API key is what a program calls with: the id of the key and a random secret, of which the
// store has the SHA-256 hash. A verified key is remembered, and asked for again once a minute.
//
// Passwords are hashed by bcrypt, which takes tens of milliseconds of a CPU on purpose. A
// [PasswordHasher] hashes a few at a time, so that a wave of log-ins cannot starve sales.
package auth
