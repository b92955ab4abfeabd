package wrk

import _ "embed"

// What the scripts do with their settings. wrk calls request for each request
// of any connection, and done at the end.
var (
	//go:embed holds.lua
	holdsLua string
	//go:embed gets.lua
	getsLua string
	//go:embed done.lua
	doneLua string
)
