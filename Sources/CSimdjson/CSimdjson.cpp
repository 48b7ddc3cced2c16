#include "CSimdjson.h"

#include <simdjson.h>

#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>

using namespace simdjson;

// Both are one place in a document: a pointer and an index, freely copied. Which stands first is
// theirs to know: here they are bits, and only made into theirs again are they looked at.
template <typename Place>
constexpr bool is_place =
    sizeof(Place) == sizeof(json_value) && alignof(Place) <= alignof(json_value) &&
    std::is_trivially_copyable<Place>::value && std::is_trivially_destructible<Place>::value;
static_assert(is_place<dom::element>, "an element is a place in a document");
static_assert(is_place<dom::array::iterator>, "and so is an iterator");
static_assert(is_place<dom::object::iterator>, "and so is an iterator");

template <typename To, typename From>
static To bits(const From &from) {
  To to;
  static_assert(sizeof(To) == sizeof(From), "same place, other name");
  std::memcpy(static_cast<void *>(&to), &from, sizeof(To));
  return to;
}

static dom::element element(json_value value) { return bits<dom::element>(value); }

extern "C" {

void *json_parser_create(void) { return new (std::nothrow) dom::parser; }

void json_parser_destroy(void *parser) { delete static_cast<dom::parser *>(parser); }

const char *json_parse(void *parser, const char *bytes, size_t length, json_value *root) {
  dom::element out;
  auto error = static_cast<dom::parser *>(parser)->parse(bytes, length, true).get(out);
  if (error) return error_message(error);
  *root = bits<json_value>(out);
  return nullptr;
}

json_kind json_kind_of(json_value value) {
  switch (element(value).type()) {
    case dom::element_type::ARRAY: return JSON_ARRAY;
    case dom::element_type::OBJECT: return JSON_OBJECT;
    case dom::element_type::INT64: return JSON_INTEGER;
    case dom::element_type::UINT64: return JSON_INTEGER;
    case dom::element_type::DOUBLE: return JSON_DOUBLE;
    case dom::element_type::STRING: return JSON_STRING;
    case dom::element_type::BOOL: return JSON_BOOL;
    default: return JSON_NULL;
  }
}

int json_bool(json_value value, int *out) {
  bool answer;
  if (element(value).get_bool().get(answer)) return 0;
  *out = answer;
  return 1;
}

int json_int64(json_value value, int64_t *out) {
  return !element(value).get_int64().get(*out);
}

int json_double(json_value value, double *out) { return !element(value).get_double().get(*out); }

int json_string(json_value value, const char **bytes, size_t *length) {
  std::string_view text;
  if (element(value).get_string().get(text)) return 0;
  *bytes = text.data();
  *length = text.size();
  return 1;
}

int json_member(json_value object, const char *key, size_t length, json_value *out) {
  dom::object members;
  if (element(object).get_object().get(members)) return 0;
  dom::element found;
  if (members.at_key(std::string_view(key, length)).get(found)) return 0;
  *out = bits<json_value>(found);
  return 1;
}

int json_array_children(json_value array, json_children *out) {
  dom::array elements;
  if (element(array).get_array().get(elements)) return 0;
  out->next = bits<json_value>(elements.begin());
  out->end = bits<json_value>(elements.end());
  return 1;
}

int json_object_children(json_value object, json_children *out) {
  dom::object members;
  if (element(object).get_object().get(members)) return 0;
  out->next = bits<json_value>(members.begin());
  out->end = bits<json_value>(members.end());
  return 1;
}

int json_next_element(json_children *children, json_value *out) {
  auto place = bits<dom::array::iterator>(children->next);
  if (!(place != bits<dom::array::iterator>(children->end))) return 0;
  *out = bits<json_value>(*place);
  ++place;
  children->next = bits<json_value>(place);
  return 1;
}

int json_next_member(
    json_children *children, const char **key, size_t *key_length, json_value *value) {
  auto place = bits<dom::object::iterator>(children->next);
  if (!(place != bits<dom::object::iterator>(children->end))) return 0;
  std::string_view name = place.key();
  *key = name.data();
  *key_length = name.size();
  *value = bits<json_value>(place.value());
  ++place;
  children->next = bits<json_value>(place);
  return 1;
}

}
