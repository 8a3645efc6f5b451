#include "sandbox/s3_checksum.h"

typedef struct {
    const char *name;
    int bits;           /* of a reflected CRC; 0: a hash of GLib's */
    guint64 polynomial; /* reflected */
    GChecksumType type;
} Algorithm;

static const Algorithm algorithms[] = {
    {"crc32", 32, 0xedb88320u, 0},
    {"crc32c", 32, 0x82f63b78u, 0},
    {"crc64nvme", 64, 0x9a6c9329ac4bc9b5u, 0},
    {"sha1", 0, 0, G_CHECKSUM_SHA1},
    {"sha256", 0, 0, G_CHECKSUM_SHA256},
};

struct S3Checksum {
    const Algorithm *algorithm;
    guint64 table[256];
    guint64 value;
    GChecksum *hash;
};

static void fill_table(S3Checksum *checksum)
{
    for (guint i = 0; i < 256; i++) {
        guint64 value = i;
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ ((value & 1) != 0 ? checksum->algorithm->polynomial : 0);
        checksum->table[i] = value;
    }
    checksum->value = checksum->algorithm->bits == 64 ? G_MAXUINT64 : G_MAXUINT32;
}

S3Checksum *s3_checksum_new(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (g_ascii_strcasecmp(name, algorithms[i].name) != 0)
            continue;
        S3Checksum *checksum = g_new0(S3Checksum, 1);
        checksum->algorithm = &algorithms[i];
        if (algorithms[i].bits != 0)
            fill_table(checksum);
        else
            checksum->hash = g_checksum_new(algorithms[i].type);
        return checksum;
    }
    return NULL;
}

void s3_checksum_update(S3Checksum *checksum, const char *bytes, gsize length)
{
    if (checksum->hash != NULL) {
        g_checksum_update(checksum->hash, (const guchar *)bytes, (gssize)length);
        return;
    }
    guint64 value = checksum->value;
    for (gsize i = 0; i < length; i++)
        value = checksum->table[(value ^ (guchar)bytes[i]) & 0xff] ^ (value >> 8);
    checksum->value = value;
}

char *s3_checksum_base64(const S3Checksum *checksum)
{
    guint8 bytes[32];
    gsize length = (gsize)checksum->algorithm->bits / 8;
    if (checksum->hash != NULL) {
        g_autoptr(GChecksum) copy = g_checksum_copy(checksum->hash);
        length = sizeof bytes;
        g_checksum_get_digest(copy, bytes, &length);
    }
    for (gsize i = 0; checksum->hash == NULL && i < length; i++)
        bytes[i] = (guint8)(~checksum->value >> (8 * (length - 1 - i)));
    return g_base64_encode(bytes, length);
}

const char *s3_checksum_name(const S3Checksum *checksum)
{
    return checksum->algorithm->name;
}

void s3_checksum_free(S3Checksum *checksum)
{
    if (checksum == NULL)
        return;
    g_clear_pointer(&checksum->hash, g_checksum_free);
    g_free(checksum);
}
