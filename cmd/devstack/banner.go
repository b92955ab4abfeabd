package main

import "strings"

type login struct{ email, password string }

// The log-ins of a development stack. `eventra serve` makes the administrator, from the environment; `eventra seed` makes the
// user.
var (
	demoAdmin = login{"admin@eventra.test", "demo-admin-password"}
	demoUser  = login{"user@eventra.test", "demo-user-password"}
)

// banner is the text that shows a newcomer the first steps.
func banner(url, mailURL string) string {
	replace := strings.NewReplacer(
		"{url}", url,
		"{mail}", mailURL,
		"{user}", demoUser.email, "{user password}", demoUser.password,
		"{admin}", demoAdmin.email, "{admin password}", demoAdmin.password,
	)
	return replace.Replace(`
  Eventra is ready.

    The live house     {url}
    API, to try out    {url}/api-docs   (Swagger UI)
    Mails it sends     {mail}

    User               {user}    {user password}
    Administrator      {admin}   {admin password}

    First steps, in another shell:

      TOKEN=$(curl -s {url}/api/v1/auth/login \
        -H 'Content-Type: application/json' \
        -d '{"email":"{user}","password":"{user password}"}' \
        | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')
      curl -s {url}/api/v1/events -H "Authorization: Bearer $TOKEN"

    Ctrl-C stops everything. The data stays until ` + "`make reset`" + `.

`)
}
