#!/usr/bin/env bash
# Makes the certificates and keys of this folder anew, with OpenSSL 3 (those of ML-DSA: ml_dsa.py):
#   NAME.pem     a certificate for a.example.com that signs itself, and its key
#   NAME.ca.pem  an authority, and a certificate for a.example.com that it signed
set -euo pipefail
cd "$(dirname "$0")"
temporary=$(mktemp -d)
trap 'rm -r "$temporary"' EXIT

subject=(-subj /CN=a.example.com)
names=(-addext subjectAltName=DNS:a.example.com)
leaf=("${names[@]}" -addext basicConstraints=critical,CA:false)
years=(-days 7300)

# NAME: a key of this kind in key.pem.
key() {
    local ec=(genpkey -algorithm EC -pkeyopt)
    case $1 in
        rsa-*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa-}" ;;
        pss) openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 ;;
        dsa) openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out "$temporary/dsa" &&
            openssl genpkey -paramfile "$temporary/dsa" ;;
        ed*) openssl genpkey -algorithm "$1" ;;
        explicit) openssl "${ec[@]}" ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit ;;
        compressed) openssl "${ec[@]}" ec_paramgen_curve:P-256 | openssl ec -conv_form compressed | openssl pkcs8 -topk8 -nocrypt ;;
        *) openssl "${ec[@]}" "ec_paramgen_curve:$1" ;;
    esac > "$temporary/key.pem" 2> /dev/null
}

sign_itself() {
    openssl req -x509 -key "$temporary/key.pem" "${subject[@]}" "${years[@]}" "$@"
}

kinds="rsa-1024 rsa-2048 rsa-8192 rsa-8256 pss dsa P-224 P-256 P-384 P-521 secp256k1 brainpoolP256r1 explicit compressed ed25519 ed448"
for kind in $kinds; do
    key "$kind"
    { sign_itself "${leaf[@]}"; cat "$temporary/key.pem"; } > "$kind.pem"
    sign_itself -addext basicConstraints=critical,CA:true > "$kind.ca.pem"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null "${subject[@]}" "${names[@]}" 2> /dev/null |
        openssl x509 -req -copy_extensions copy -CA "$kind.ca.pem" -CAkey "$temporary/key.pem" "${years[@]}" 2> /dev/null >> "$kind.ca.pem"
done

# The same keys in older formats, and without what need not be there.
{ openssl x509 -in rsa-2048.pem; openssl rsa -in rsa-2048.pem -traditional; } > pkcs1.pem 2> /dev/null
{ openssl x509 -in P-384.pem; openssl ec -in P-384.pem; } > sec1.pem 2> /dev/null
{ openssl x509 -in P-384.pem; openssl ec -in P-384.pem -no_public; } > sec1-no-public.pem 2> /dev/null
{ openssl x509 -in secp256k1.pem; openssl ec -in secp256k1.pem; } > sec1-secp256k1.pem 2> /dev/null

# A certificate with the key of another.
key P-256
{ openssl x509 -in P-256.pem; cat "$temporary/key.pem"; } > another.pem
key rsa-2048
{ openssl x509 -in P-256.pem; cat "$temporary/key.pem"; } > another-algorithm.pem
key ed25519
{ openssl x509 -in P-256.pem; cat "$temporary/key.pem"; } > another-ed25519.pem

# Version 1, as `openssl x509 -req` makes it without an -extfile.
key P-256
openssl req -new -key "$temporary/key.pem" "${subject[@]}" |
    openssl x509 -req -key "$temporary/key.pem" "${years[@]}" > "$temporary/v1.pem" 2> /dev/null
cat "$temporary/v1.pem" "$temporary/key.pem" > v1.pem
cp "$temporary/v1.pem" v1.ca.pem
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null "${subject[@]}" "${names[@]}" 2> /dev/null |
    openssl x509 -req -copy_extensions copy -CA v1.ca.pem -CAkey "$temporary/key.pem" "${years[@]}" 2> /dev/null >> v1.ca.pem

# A critical extension that nobody knows.
{ sign_itself "${leaf[@]}" -addext 1.2.3.4=critical,ASN1:NULL; cat "$temporary/key.pem"; } > critical.pem
