/* JPEG to RGB with libjpeg-turbo's defaults (accurate integer DCT, smooth upsampling), which are Pillow's too. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* Needs stdio.h before it, and jerror.h after it. */
#include <jpeglib.h>

#include <jerror.h>

#include "result.h"

/* Encoders write about ten scans. A hostile file may write one for a few bytes and make every one cost a pass over the
 * whole picture. */
static const int most_scans = 200;

/* The picture's coefficients: 178,956,970 pixels of three full components take 1.1 GB in a progressive file. */
static const long most_memory = 1536L << 20;

/* A Huffman code has at least one bit for each block of 64 pixels, so a byte holds at most 512 pixels; four times as
 * many allow for odd subsampling. A file below that lacks nearly everything, and libjpeg would fill it with gray. */
static const uint64_t most_pixels_a_byte = 2048;

typedef struct reader {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    graft_image_result result;
} reader;

static void stop(reader *reader, graft_image_status status, const char *message) {
    reader->result = graft_image_result_make(status, message);
    longjmp(reader->jump, 1);
}

static void on_error(j_common_ptr info) {
    char message[JMSG_LENGTH_MAX];
    (*info->err->format_message)(info, message);
    graft_image_status status = graft_image_corrupt;
    switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE: status = graft_image_no_memory; break;
    /* The arithmetic decoder's way to say that it needs more data. */
    case JERR_CANT_SUSPEND: status = graft_image_truncated; break;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_SOF_UNSUPPORTED: status = graft_image_unsupported; break;
    }
    stop(info->client_data, status, message);
}

static void ignore_output(j_common_ptr info) { (void)info; }
static void ignore_message(j_common_ptr info, int level) { (void)info, (void)level; }
static void ignore_source(j_decompress_ptr info) { (void)info; }

/* All data is there from the start: more of it is asked for only where the file is cut off. */
static boolean no_more_input(j_decompress_ptr info) {
    (void)info;
    return FALSE;
}

static void skip_input(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    size_t skipped = (size_t)count < info->src->bytes_in_buffer ? (size_t)count : info->src->bytes_in_buffer;
    info->src->next_input_byte += skipped;
    info->src->bytes_in_buffer -= skipped;
}

static void count_scans(j_common_ptr info) {
    reader *reader = info->client_data;
    if (reader->info.input_scan_number > most_scans) stop(reader, graft_image_corrupt, "more than 200 scans");
}

/* To be called after setjmp. Functions with setjmp get the reader from their caller: a variable of their own would have
 * no defined value after the jump. */
static void read_header(reader *reader, const uint8_t *bytes, size_t count) {
    jpeg_create_decompress(&reader->info);
    reader->info.mem->max_memory_to_use = most_memory;
    reader->info.progress = &reader->progress;
    reader->source.next_input_byte = bytes;
    reader->source.bytes_in_buffer = count;
    reader->info.src = &reader->source;
    if (jpeg_read_header(&reader->info, TRUE) != JPEG_HEADER_OK) stop(reader, graft_image_truncated, "");
}

static void prepare(reader *reader) {
    memset(reader, 0, sizeof *reader);
    reader->info.err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = on_error;
    reader->errors.output_message = ignore_output;
    reader->errors.emit_message = ignore_message;
    reader->source.init_source = ignore_source;
    reader->source.fill_input_buffer = no_more_input;
    reader->source.skip_input_data = skip_input;
    reader->source.resync_to_restart = jpeg_resync_to_restart;
    reader->source.term_source = ignore_source;
    reader->progress.progress_monitor = count_scans;
    reader->info.client_data = reader;
}

static void size(reader *reader, const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    if (setjmp(reader->jump)) return;
    read_header(reader, bytes, count);
    *width = reader->info.image_width;
    *height = reader->info.image_height;
}

graft_image_result graft_jpeg_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    reader reader;
    prepare(&reader);
    size(&reader, bytes, count, width, height);
    jpeg_destroy_decompress(&reader.info);
    return reader.result;
}

/* Pillow's CMYK (taken as Adobe's inverted one, whatever the file says) to RGB, rounding included. */
static void convert_cmyk(const uint8_t *from, size_t count, uint8_t *to) {
    for (size_t i = 0; i < count; i++, from += 4, to += 3) {
        const int light = from[3];
        for (int c = 0; c < 3; c++) {
            const int product = (255 - from[c]) * light + 128;
            const int value = light - (((product >> 8) + product) >> 8);
            to[c] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

static void read_rows(reader *reader, uint8_t *pixels, size_t stride) {
    enum { batch = 16 };
    struct jpeg_decompress_struct *info = &reader->info;
    JSAMPROW rows[batch];
    JSAMPARRAY cmyk = NULL;
    if (info->out_color_space == JCS_CMYK) {
        cmyk = (*info->mem->alloc_sarray)((j_common_ptr)info, JPOOL_IMAGE, info->output_width * 4, 1);
    }
    while (info->output_scanline < info->output_height) {
        uint8_t *row = pixels + info->output_scanline * stride;
        if (cmyk) {
            if (jpeg_read_scanlines(info, cmyk, 1) != 1) stop(reader, graft_image_truncated, "");
            convert_cmyk(cmyk[0], info->output_width, row);
        } else {
            const JDIMENSION left = info->output_height - info->output_scanline;
            const JDIMENSION count = left < batch ? left : batch;
            for (JDIMENSION i = 0; i < count; i++) rows[i] = row + i * stride;
            if (jpeg_read_scanlines(info, rows, count) == 0) stop(reader, graft_image_truncated, "");
        }
    }
}

static void decode(
    reader *reader, const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t denominator,
    uint8_t *pixels, size_t stride) {
    if (setjmp(reader->jump)) return;
    read_header(reader, bytes, count);
    struct jpeg_decompress_struct *info = &reader->info;
    if (info->image_width != width || info->image_height != height) {
        stop(reader, graft_image_corrupt, "contradictory sizes");
    }
    if (!info->arith_code && (uint64_t)width * height / most_pixels_a_byte > count) {
        stop(reader, graft_image_truncated, "");
    }
    if (info->data_precision != 8) stop(reader, graft_image_unsupported, "other than 8 bits a sample");
    switch (info->num_components) {
    case 1:
    case 3: info->out_color_space = JCS_RGB; break;
    case 4: info->out_color_space = JCS_CMYK; break;
    default: stop(reader, graft_image_unsupported, "neither 1, 3 nor 4 components");
    }
    info->scale_num = 1;
    info->scale_denom = denominator;
    if (!jpeg_start_decompress(info)) stop(reader, graft_image_truncated, "");
    if (info->output_width != (width + denominator - 1) / denominator ||
        info->output_height != (height + denominator - 1) / denominator ||
        info->output_components != (info->out_color_space == JCS_CMYK ? 4 : 3)) {
        stop(reader, graft_image_corrupt, "contradictory sizes");
    }
    read_rows(reader, pixels, stride);
    /* What follows the last row (most often the end marker) is not needed. */
}

graft_image_result graft_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t denominator, uint8_t *pixels,
    size_t stride) {
    reader reader;
    prepare(&reader);
    decode(&reader, bytes, count, width, height, denominator, pixels, stride);
    jpeg_destroy_decompress(&reader.info);
    return reader.result;
}
