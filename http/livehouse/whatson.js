// The front page lists what is on, if there is anything.

import { API } from "./api.js";
import { $, element } from "./dom.js";

const { items } = await new API().call("GET", "/events?limit=20");
const date = (event) => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: event.venue?.timezone }).format(new Date(event.startsAt));
$("events").hidden = items.length === 0;
$("events").querySelector("ul").append(...items.map((event) => element("li", {},
	element("a", { href: "/events/" + event.id, textContent: event.title }), ` · ${[date(event), event.venue?.city].filter(Boolean).join(", ")}`)));
