import base64


def base32_prefix_bits(hash_string, bits):
    number = int.from_bytes(base64.b32decode(hash_string.upper()), "big")
    return number >> (160 - bits)
