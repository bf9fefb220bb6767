#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Needs stdio.h before it. */
#include <jpeglib.h>

#include "result.h"

typedef struct writer {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf jump;
    graft_image_result result;
    unsigned char *bytes;
    unsigned long count;
} writer;

static void on_error(j_common_ptr info) {
    writer *writer = info->client_data;
    char message[JMSG_LENGTH_MAX];
    (*info->err->format_message)(info, message);
    writer->result = graft_image_result_make(graft_image_unsupported, message);
    longjmp(writer->jump, 1);
}

static void ignore_output(j_common_ptr info) { (void)info; }
static void ignore_message(j_common_ptr info, int level) { (void)info, (void)level; }

/* The writer is the caller's: a variable of this function would have no defined value after the jump. */
static void encode(writer *writer, const uint8_t *pixels, uint32_t width, uint32_t height, int quality) {
    if (setjmp(writer->jump)) return;
    struct jpeg_compress_struct *info = &writer->info;
    jpeg_create_compress(info);
    jpeg_mem_dest(info, &writer->bytes, &writer->count);
    info->image_width = width;
    info->image_height = height;
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < height) {
        /* libjpeg does not write to the rows it is given. */
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)info->next_scanline * width * 3);
        jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
}

graft_image_result graft_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count) {
    writer writer;
    memset(&writer, 0, sizeof writer);
    writer.info.err = jpeg_std_error(&writer.errors);
    writer.errors.error_exit = on_error;
    writer.errors.output_message = ignore_output;
    writer.errors.emit_message = ignore_message;
    writer.info.client_data = &writer;
    encode(&writer, pixels, width, height, quality);
    jpeg_destroy_compress(&writer.info);
    *bytes = writer.bytes;
    *count = writer.count;
    return writer.result;
}

void graft_image_free(uint8_t *bytes) { free(bytes); }
