// A shop's page, of another origin than the API. ?event names what it sells, ?api the
// instances, of which each request asks the next.

const query = new URLSearchParams(location.search), event = query.get("event"), instances = query.getAll("api");
const $ = (id) => document.getElementById(id);
let turn = 0, tokens, booking;

// ask sends a request and returns what the page may see of the answer.
export async function ask(method, path, body, headers = {}) {
	const response = await fetch(`${instances[turn++ % instances.length]}/api/v1${path}`, { method, credentials: "include", body: body && JSON.stringify(body),
		headers: { ...(body && { "Content-Type": "application/json" }), ...(tokens && { Authorization: "Bearer " + tokens.accessToken }), ...headers } });
	const text = await response.text();
	return { status: response.status, headers: Object.fromEntries(response.headers), body: text && JSON.parse(text) };
}

// act does what a button says, and tells how it went.
async function act(done, ...request) {
	const answer = await ask(...request);
	$("message").textContent = answer.status < 300 ? done : `${answer.body.code}: ${answer.body.detail}`;
	return answer.status < 300 ? answer.body || {} : undefined;
}

function show(seat, status) {
	let button = document.querySelector(`[data-seat="${seat}"]`);
	if (!button) {
		button = $("seats").appendChild(document.createElement("button"));
		button.dataset.seat = button.textContent = seat;
		button.onclick = () => hold(seat);
	}
	button.dataset.status = status;
}

async function hold(seat) {
	booking = await act(`${seat} is held`, "POST", "/bookings", { eventId: event, items: [{ seat }] }, { "Idempotency-Key": crypto.randomUUID() });
	$("pay").disabled = !booking;
}

$("account").onsubmit = async (submitted) => {
	submitted.preventDefault();
	const { email, password } = Object.fromEntries(new FormData($("account")));
	const isNew = submitted.submitter.name === "register";
	const answer = await act(isNew ? "A mail is on its way" : "Welcome", "POST", isNew ? "/auth/register" : "/auth/login", { email, password, ...(isNew && { name: "Zoë" }) });
	tokens = answer ?? tokens;
};
$("verify").onsubmit = async (submitted) => {
	submitted.preventDefault();
	await act("Your address is verified", "POST", "/auth/email/verify", Object.fromEntries(new FormData($("verify"))));
};
$("pay").onclick = async () => {
	const paid = await act("Paid", "POST", `/bookings/${booking.id}/payments`, { method: "mock", token: "tok_ok" });
	$("pay").disabled = Boolean(paid);
};
// refresh gets new tokens, as a page does every quarter of an hour.
export async function refresh() {
	const answer = await ask("POST", "/auth/refresh", { refreshToken: tokens.refreshToken });
	tokens = answer.status === 200 ? answer.body : tokens;
	return answer;
}

const stream = new EventSource(`${instances[0]}/api/v1/events/${event}/seats/stream`, { withCredentials: true });
stream.addEventListener("snapshot", (e) => JSON.parse(e.data).seats.forEach(({ seat, status }) => show(seat, status)));
stream.addEventListener("delta", (e) => JSON.parse(e.data).changes.forEach(({ seat, status }) => show(seat, status)));
$("title").textContent = (await ask("GET", `/events/${event}`)).body.title;
