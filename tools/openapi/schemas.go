package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const schemaPrefix = "#/components/schemas/"

// tidy corrects swag's output anywhere in the document: package names in front of
// types, x-nullable, members without meaning, and members alongside a $ref.
func tidy(node any) any {
	switch node := node.(type) {
	case []any:
		for i := range node {
			node[i] = tidy(node[i])
		}
	case object:
		if ref, ok := node["$ref"].(string); ok {
			name := ref[len(schemaPrefix):]
			return object{"$ref": schemaPrefix + typeName(name)}
		}
		if node["uniqueItems"] == false {
			delete(node, "uniqueItems")
		}
		if node["x-nullable"] == true {
			delete(node, "x-nullable")
			node["type"] = []any{node["type"], "null"}
		}
		for key, value := range node {
			node[key] = tidy(value)
		}
	}
	return node
}

// typeName returns a Go type's name without its package.
func typeName(qualified string) string {
	return qualified[strings.LastIndexByte(qualified, '.')+1:]
}

// closed are the schemas of request bodies, in which an unknown field is an error.
var closed = []string{
	"APIKeyRequest", "AccountChange", "BestAvailable", "BookingPatch", "BookingRequest", "CancelRequest", "CategoryPlan", "CurrentPassword", "CustomerRequest", "EventFields", "EventPatch", "ForgottenPassword", "ItemRequest", "Login",
	"NewPassword", "OneTimeToken", "PasswordReset", "PaymentRequest", "Price", "PricePlan", "PricingPlan", "RefreshToken", "RefundRequest", "Registration", "RescheduleRequest",
	"SeatEntry", "SeatPlan", "SeatsPatch", "SeatsRemoval", "SeatsSet", "SectionChange", "SectionPlan", "TicketTypePlan", "UserPatch", "VenueFields", "VenuePatch",
}

// labelPattern is that of sections and rows, as far as every dialect of patterns can say it;
// seatPattern is that of their seats.
const (
	labelPattern = `^[^- ]([^-]{0,30}[^- ])?$`
	seatPattern  = `^[^-]{1,32}-[^-]{1,32}-[1-9][0-9]{0,4}$`
)

// limits are what the program checks and swag has no annotation for.
var limits = []struct {
	schema, property string
	keywords         object
}{
	{"BookingRequest", "seats", object{"minItems": 1, "maxItems": 50, "uniqueItems": true, "items": object{"type": "string", "pattern": seatPattern}}},
	{"SeatPlan", "sections", object{"minItems": 1, "maxItems": 100000}},
	{"SeatPlan", "seats", object{"minItems": 1, "maxItems": 100000}},
	{"SectionPlan", "rows", object{"minItems": 1, "maxItems": 100000, "items": object{"type": "string", "pattern": labelPattern}}},
	{"SectionPlan", "name", object{"pattern": labelPattern}},
	{"SeatEntry", "section", object{"pattern": labelPattern}},
	{"SeatEntry", "row", object{"pattern": labelPattern}},
	{"EventFields", "tags", object{"maxItems": 20, "items": object{"type": "string", "minLength": 1, "maxLength": 50}}},
	{"EventPatch", "tags", object{"maxItems": 20, "items": object{"type": "string", "minLength": 1, "maxLength": 50}}},
	{"EventPage", "items", object{"maxItems": 100}},
	{"BookingPage", "items", object{"maxItems": 100}},
	{"PaymentPage", "items", object{"maxItems": 100}},
	{"SeatBlockPage", "items", object{"maxItems": 100}},
	{"BookingRequest", "metadata", object{"maxProperties": 20, "additionalProperties": object{"type": "string", "maxLength": 500}}},
	{"BookingPatch", "metadata", object{"maxProperties": 20, "additionalProperties": object{"type": "string", "maxLength": 500}}},
	{"APIKeyPage", "items", object{"maxItems": 100}},
	{"AdminUserPage", "items", object{"maxItems": 100}},
	{"AuditPage", "items", object{"maxItems": 100}},
	{"DeadMailPage", "items", object{"maxItems": 100}},
	{"APIKeyRequest", "scopes", object{"uniqueItems": true}},
	{"APIKeyRequest", "eventIds", object{"minItems": 1, "maxItems": 100}},
	{"OpenSessionPage", "items", object{"maxItems": 100}},
	{"Booking", "seats", object{"maxItems": 50}},
	{"Booking", "items", object{"maxItems": 50}},
	{"BookingRequest", "items", object{"minItems": 1, "maxItems": 50}},
	{"SeatsPatch", "seats", object{"minItems": 1, "maxItems": 100000}},
	{"SeatsRemoval", "seats", object{"minItems": 1, "maxItems": 100000}},
	{"SeatMap", "seats", object{"maxItems": 100000}},
}

// completeSchemas names the schemas and adds what swag has no annotation for.
func completeSchemas(schemas object, source *source) error {
	for qualified, schema := range schemas {
		delete(schemas, qualified)
		schemas[typeName(qualified)] = schema
	}
	fields := schemas["EventFields"].(object)
	schemas["VenueFields"] = maps.Clone(schemas["Venue"].(object))
	fields["properties"].(object)["venue"] = object{"$ref": schemaPrefix + "VenueFields"}
	schemas["EventPatch"], schemas["VenuePatch"] = patchOf(fields), patchOf(schemas["Venue"].(object))
	schemas["EventPatch"].(object)["properties"].(object)["venue"] = object{"$ref": schemaPrefix + "VenuePatch"}
	schemas["RescheduleRequest"].(object)["properties"].(object)["venue"] = object{"$ref": schemaPrefix + "VenueFields"}
	schemas["CategoryPlan"] = maps.Clone(schemas["Category"].(object))
	schemas["PricingPlan"].(object)["properties"].(object)["categories"].(object)["items"] = object{"$ref": schemaPrefix + "CategoryPlan"}
	schemas["RefundRequest"] = refundRequest()
	for _, name := range closed {
		schema, ok := schemas[name].(object)
		if !ok {
			return fmt.Errorf("no schema %s", name)
		}
		schema["additionalProperties"] = false
	}
	for _, l := range limits {
		schema, _ := schemas[l.schema].(object)
		property, ok := schema["properties"].(object)[l.property].(object)
		if !ok {
			return fmt.Errorf("no %s.%s", l.schema, l.property)
		}
		maps.Copy(property, l.keywords)
	}
	for _, name := range []string{"Event", "EventFields", "EventPatch"} {
		schemas[name].(object)["properties"].(object)["attributes"].(object)["additionalProperties"] = true // the organiser's own
	}
	split(schemas, "BookingRequest", map[string]string{"BookingOfSeats": "seats", "BookingOfBestAvailable": "bestAvailable", "BookingOfItems": "items"})
	split(schemas, "SeatPlan", map[string]string{"PlanOfSections": "sections", "PlanOfSeats": "seats"})
	split(schemas, "SectionPlan", map[string]string{"SectionOfNamedRows": "rows", "SectionOfNumberedRows": "rowCount", "SectionOfPlaces": "capacity"})
	pair(schemas, "seatsPerRow", "SectionOfPlaces", "SectionOfNamedRows", "SectionOfNumberedRows")
	split(schemas, "ItemRequest", map[string]string{"ItemOfSeat": "seat", "ItemOfPlaces": "section"})
	pair(schemas, "quantity", "ItemOfSeat", "ItemOfPlaces")
	schemas["SeatDelta"] = seatDelta(schemas["SeatOfEvent"].(object), schemas["SectionOfMap"].(object))
	money := schemas["Money"].(object)
	money["description"] = "An amount in minor units, such as cents, of an ISO 4217 currency."
	money["required"] = []any{"amount", "currency"}
	money["properties"] = object{
		"amount":   object{"type": "integer", "format": "int64", "minimum": 0, "example": 4500},
		"currency": object{"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
	}
	fieldError := schemas["FieldError"].(object)
	fieldError["required"] = []any{"field", "code", "message"}
	fieldError["properties"] = object{
		"field":   object{"type": "string", "example": "seats[0]"},
		"code":    object{"type": "string", "example": "required", "x-extensible-enum": anyOf(source.fieldCodes), "description": "stable; there may be more"},
		"message": object{"type": "string", "example": "is required"},
	}
	schemas["Problem"].(object)["properties"].(object)["code"].(object)["x-extensible-enum"] = anyOf(sorted(source.problems.examples()))
	return nil
}

func anyOf(texts []string) (all []any) {
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// split makes a schema one of several variants, each of which requires its own field and has
// none of the others'.
func split(schemas object, name string, fields map[string]string) {
	whole := schemas[name].(object)
	var refs []any
	for _, variant := range slices.Sorted(maps.Keys(fields)) {
		properties := maps.Clone(whole["properties"].(object))
		for _, other := range fields {
			if other != fields[variant] {
				delete(properties, other)
			}
		}
		required, _ := whole["required"].([]any)
		schemas[variant] = object{"type": "object", "title": variant, "additionalProperties": false, "properties": properties,
			"required": append(slices.Clone(required), fields[variant])}
		refs = append(refs, object{"$ref": schemaPrefix + variant})
	}
	schemas[name] = object{"title": name, "oneOf": refs}
	if description := whole["description"]; description != nil {
		schemas[name].(object)["description"] = description
	}
}

// pair makes a field one that variants of a schema require and another one has not.
func pair(schemas object, field, without string, with ...string) {
	delete(schemas[without].(object)["properties"].(object), field)
	for _, variant := range with {
		schema := schemas[variant].(object)
		schema["required"] = append(schema["required"].([]any), field)
	}
}

// seatDelta is what a stream says of changes.
func seatDelta(seat, section object) object {
	properties, places := seat["properties"].(object), maps.Clone(section["properties"].(object))
	places["section"] = places["name"]
	delete(places, "name")
	required := []any{"section"}
	for _, name := range section["required"].([]any) {
		if name != "name" {
			required = append(required, name)
		}
	}
	place := object{"type": "object", "required": required, "properties": places}
	change := object{"type": "object", "required": []any{"seat", "status"}, "properties": object{"seat": properties["seat"], "status": properties["status"]}}
	return object{"type": "object", "description": "The seats that changed, and the general-admission sections if any did, as they are at this version.",
		"required": []any{"version", "changes"},
		"properties": object{"version": object{"type": "integer", "example": 18}, "changes": object{"type": "array", "maxItems": 100000, "items": change},
			"places": object{"type": "array", "maxItems": 1000, "items": place}}}
}

// patchOf makes every field optional, and those that an event need not have removable by
// null.
func patchOf(fields object) object {
	properties := object{}
	required := fields["required"].([]any)
	for name, property := range fields["properties"].(object) {
		copied := object{}
		for key, value := range property.(object) {
			if key != "default" && key != "example" {
				copied[key] = value
			}
		}
		if kind, ok := copied["type"].(string); ok && !slices.Contains(required, any(name)) {
			copied["type"] = []any{kind, "null"}
		}
		properties[name] = copied
	}
	return object{"type": "object", "properties": properties}
}

// sorted returns the keys of an object in order.
func sorted(o object) []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// refundRequest has members of two types each, for which swag has no annotation.
func refundRequest() object {
	return object{"type": "object", "description": "RefundRequest asks for money to go back for some tickets of a booking, or for none.", "properties": object{
		"items": object{"description": "numbers of items of the booking, or `all` for those that it still has; may be empty if there is an amount", "oneOf": []any{
			object{"type": "array", "items": object{"type": "integer", "minimum": 1}, "maxItems": 50},
			object{"type": "string", "enum": []any{"all"}}}},
		"amount": object{"description": "in minor units of the booking's currency; without it, the price of the items, but for those that were refunded before", "oneOf": []any{
			object{"type": "integer", "minimum": 0},
			object{"$ref": schemaPrefix + "Price"}}},
		"release": object{"type": "boolean", "default": true, "description": "whether the booking gives the items up, and their seats are free again"},
		"reason":  object{"type": "string", "maxLength": 1000, "description": "for the mail to the buyer"},
	}}
}

// requireClosed finds a schema of a request body that allows unknown fields.
func requireClosed(node any, schemas object, seen map[string]bool) error {
	switch node := node.(type) {
	case []any:
		for _, part := range node {
			if err := requireClosed(part, schemas, seen); err != nil {
				return err
			}
		}
	case object:
		reference, _ := node["$ref"].(string)
		if name, found := strings.CutPrefix(reference, schemaPrefix); found && !seen[name] {
			seen[name] = true
			schema := schemas[name].(object)
			if (schema["properties"] != nil || len(schema) == 1) && schema["additionalProperties"] != false { // 1: a type that nobody described
				return fmt.Errorf("schema %s of a request allows unknown fields", name)
			}
			return requireClosed(schema, schemas, seen)
		}
		for _, part := range node {
			if err := requireClosed(part, schemas, seen); err != nil {
				return err
			}
		}
	}
	return nil
}
