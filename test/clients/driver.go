// Does what each line of stdin says, with the Go client; test/clients/driver.ts knows the lines.
package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"lacre"
)

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		fields := strings.Split(input.Text(), "|")
		values, err := act(fields[0], fields[1:])
		var refused *lacre.Error
		if errors.As(err, &refused) {
			print("refused", refused.Message)
		} else if err != nil {
			panic(err)
		} else {
			print("ok", values...)
		}
	}
}

func act(command string, fields []string) ([]string, error) {
	signer, err := lacre.New(text(fields[0]), text(fields[1]), strings.ToUpper(text(fields[2])),
		strings.Fields(text(fields[3]))...)
	if err != nil {
		return nil, err
	}
	fields = fields[4:]
	switch command {
	case "key":
		return nil, nil
	case "sign":
		timestamp, err := strconv.ParseInt(text(fields[0]), 10, 64)
		if err != nil {
			return nil, err
		}
		signed, err := signer.SignAt(lacre.Request{
			Method: text(fields[2]), Scheme: text(fields[3]),
			Host: text(fields[4]), Target: text(fields[5]), Headers: headers(fields[6]), Content: []byte(text(fields[7])),
		}, timestamp, text(fields[1]))
		if err != nil {
			return nil, err
		}
		return []string{signed.CanonicalRequest, signed.Signature, signed.Authorization}, nil
	case "verify":
		status, err := strconv.Atoi(text(fields[1]))
		if err != nil {
			return nil, err
		}
		lines := http.Header{}
		for _, header := range headers(fields[2]) {
			lines[header.Name] = append(lines[header.Name], header.Value)
		}
		timestamp, err := signer.VerifyResponse(&http.Response{
			StatusCode: status, Header: lines,
			Request: &http.Request{
				Method: text(fields[4]),
				Header: http.Header{"Authorization": {" Signature=" + text(fields[0])}},
			},
		}, []byte(text(fields[3])))
		return []string{strconv.FormatInt(timestamp, 10)}, err
	case "call":
		return call(signer, fields)
	}
	return nil, errors.New(command)
}

func call(signer *lacre.Signer, fields []string) ([]string, error) {
	var body io.Reader
	if fields[3] != "" {
		body = strings.NewReader(text(fields[3]))
	}
	request, err := http.NewRequest(text(fields[0]), text(fields[1]), body)
	if err != nil {
		return nil, &lacre.Error{Message: err.Error()} // net/http's own refusal of a URL
	}
	for _, header := range headers(fields[2]) {
		request.Header.Add(header.Name, header.Value)
	}
	response, err := signer.Client().Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	verdict := "yes"
	if _, err := signer.VerifyResponse(response, content); err != nil {
		verdict = err.Error()
	}
	return []string{strconv.Itoa(response.StatusCode), string(content), verdict}, nil
}

func text(field string) string {
	bytes, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

func headers(field string) []lacre.Header {
	var headers []lacre.Header
	for _, pair := range strings.Fields(field) {
		name, value, _ := strings.Cut(pair, ":")
		headers = append(headers, lacre.Header{Name: text(name), Value: text(value)})
	}
	return headers
}

func print(verdict string, values ...string) {
	for _, value := range values {
		verdict += "|" + base64.StdEncoding.EncodeToString([]byte(value))
	}
	fmt.Println(verdict)
}
