#ifndef KENNEL_TESTS_SUPPORT_CERTIFICATES_HPP
#define KENNEL_TESTS_SUPPORT_CERTIFICATES_HPP

#include "support/temporary_directory.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace test {

/// The files of a certificate and of its key.
struct CertificateFiles {
    std::string certificate;
    std::string key;
};

/// An authority that certifies servers and clients; its files go with this object.
class CertificateAuthority {
public:
    explicit CertificateAuthority(const std::string& name = "the authority")
        : key_(new_key()), certificate_(new_certificate(name, *key_)) {
        extend(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
        extend(*certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
        sign(*certificate_);
        write_certificate(certificate_file(), *certificate_);
    }

    [[nodiscard]] std::string certificate_file() const { return directory_.file("ca.crt"); }
    [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

    struct Options {
        std::string names = "DNS:localhost,IP:127.0.0.1"; ///< in OpenSSL's way
        bool is_expired = false;
        std::string key_password{}; ///< empty for a key that is not encrypted
    };
    [[nodiscard]] CertificateFiles certify(const std::string& file_name, const Options& options) const {
        const CertificateFiles files{directory_.file(file_name + ".crt"), directory_.file(file_name + ".key")};
        const Key key = new_key();
        const Certificate certificate = new_certificate(file_name, *key);
        if (options.is_expired) must(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -60) != nullptr);
        must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get())));
        extend(*certificate, NID_subject_alt_name, options.names);
        sign(*certificate);
        write_certificate(files.certificate, *certificate);
        write_key(files.key, *key, options.key_password);
        return files;
    }
    [[nodiscard]] CertificateFiles certify(const std::string& file_name) const { return certify(file_name, Options{}); }

private:
    template <auto free>
    struct Free {
        template <class Type>
        void operator()(Type* object) const {
            free(object);
        }
    };
    using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
    using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
    using File = std::unique_ptr<BIO, Free<&BIO_free_all>>;

    static void must(bool is_well) {
        if (!is_well) throw std::runtime_error("OpenSSL cannot make a certificate");
    }

    [[nodiscard]] static Key new_key() {
        const std::unique_ptr<EVP_PKEY_CTX, Free<&EVP_PKEY_CTX_free>> context(
            EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr));
        EVP_PKEY* key = nullptr;
        must(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
             EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1 &&
             EVP_PKEY_keygen(context.get(), &key) == 1);
        return Key(key);
    }

    /// Of that name, by itself, valid from yesterday till tomorrow.
    [[nodiscard]] static Certificate new_certificate(const std::string& name, EVP_PKEY& key) {
        static long last_number = 0;
        Certificate certificate(X509_new());
        constexpr long day = 24 * 60 * 60;
        must(certificate != nullptr && X509_set_version(certificate.get(), 2) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++last_number) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day) != nullptr &&
             X509_gmtime_adj(X509_getm_notAfter(certificate.get()), day) != nullptr &&
             X509_set_pubkey(certificate.get(), &key) == 1);
        X509_NAME* const subject = X509_get_subject_name(certificate.get());
        const auto* const bytes = reinterpret_cast<const unsigned char*>(name.c_str());
        must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, bytes, -1, -1, 0) == 1 &&
             X509_set_issuer_name(certificate.get(), subject) == 1);
        return certificate;
    }

    void extend(X509& certificate, int kind, const std::string& text) const {
        X509V3_CTX context{};
        X509V3_set_ctx(&context, certificate_.get(), &certificate, nullptr, nullptr, 0);
        const std::unique_ptr<X509_EXTENSION, Free<&X509_EXTENSION_free>> extension(
            X509V3_EXT_conf_nid(nullptr, &context, kind, text.c_str()));
        must(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1);
    }

    void sign(X509& certificate) const { must(X509_sign(&certificate, key_.get(), EVP_sha256()) != 0); }

    static void write_certificate(const std::string& path, X509& certificate) {
        const File file(BIO_new_file(path.c_str(), "w"));
        must(file != nullptr && PEM_write_bio_X509(file.get(), &certificate) == 1);
    }
    static void write_key(const std::string& path, EVP_PKEY& key, std::string password) {
        const File file(BIO_new_file(path.c_str(), "w"));
        const EVP_CIPHER* const cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
        must(file != nullptr && PEM_write_bio_PrivateKey(file.get(), &key, cipher, nullptr, 0, nullptr,
                                                         password.empty() ? nullptr : password.data()) == 1);
    }

    TemporaryDirectory directory_;
    Key key_;
    Certificate certificate_;
};

} // namespace test

#endif
