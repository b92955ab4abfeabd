package wrk

import _ "embed"

// Scripts, which follow the settings. wrk calls request for each request of any
// connection, and done at the end.
var (
	//go:embed holds.lua
	holdsLua string
	//go:embed gets.lua
	getsLua string
	//go:embed done.lua
	doneLua string
)
