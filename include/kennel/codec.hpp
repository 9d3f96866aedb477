#ifndef KENNEL_CODEC_HPP
#define KENNEL_CODEC_HPP

/// The default binary form: the codecs of all types that Kennel knows, and what is needed to write another.

#include "kennel/codec/aggregate_codec.hpp"
#include "kennel/codec/choice_codec.hpp"
#include "kennel/codec/container_codec.hpp"
#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encodable.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/number_codec.hpp"
#include "kennel/codec/signature.hpp"
#include "kennel/codec/time_codec.hpp"
#include "kennel/codec/tuple_codec.hpp"

#endif
